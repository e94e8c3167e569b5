import { readFile, stat, writeFile } from 'node:fs/promises'
import { parseDocument } from 'yaml'
import { OperatorError } from './operator-error.ts'
import { unusable } from './price-book-files.ts'

const bytesMax = 4 * 1024 * 1024

/** What a file says, in YAML or JSON. */
export async function readInputFile(path: string): Promise<unknown> {
  const text = await (async () => {
    try {
      const { size } = await stat(path)
      if (size > bytesMax) throw new OperatorError('FILE_UNUSABLE', `${path} is larger than ${bytesMax / 1024 / 1024} MB.`)
      return await readFile(path, 'utf8')
    } catch (error) {
      throw error instanceof OperatorError ? error : unusable(path, error)
    }
  })()
  const document = parseDocument(text)
  const [error] = document.errors
  if (error !== undefined) throw unreadable(path, error.message)
  try {
    return document.toJS() as unknown
  } catch (cause) {
    // More aliases than any honest file has.
    if (cause instanceof ReferenceError) throw unreadable(path, cause.message)
    throw cause
  }
}

/** The first line says what and where; the rest draws it. */
function unreadable(path: string, message: string): OperatorError {
  return new OperatorError('FILE_UNUSABLE', `${path} is neither YAML nor JSON: ${(message.split('\n', 1)[0] ?? '').replace(/:$/, '')}.`)
}

export async function writeOutputFile(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text)
  } catch (error) {
    throw unusable(path, error)
  }
}
