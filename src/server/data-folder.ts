/**
 * The folder in which a server keeps everything:
 *
 *     everywrite.json      the version of the format
 *     lock/                who uses it now
 *     world/               the record of global tables
 *     regions/<region>/    one store per Region
 *     kinesis/<region>/    records for Kinesis streams, a file of JSON lines each
 *     s3/<bucket>/         what is exported and imported, unless that is elsewhere (`--s3`)
 */
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { flushFolder } from '../storage/durable-folder.ts'
import type { FolderLock } from './folder-lock.ts'
import { lockFolder } from './folder-lock.ts'
import { OperatorError, codeOf } from './operator-error.ts'

export interface DataFolder {
  readonly path: string
  /** Lets other processes use it. */
  release(): Promise<void>
}

/**
 * Raised by one when an older everywrite could not read, or would damage, what a newer one writes. An older folder becomes one of this format when it
 * is opened.
 *
 * - 2: the stores have a log; who does not know it would not see what is only there.
 */
const format = 2

/** Makes the folder if need be, and holds it for this process. */
export async function openDataFolder(folder: string): Promise<DataFolder> {
  const path = resolve(folder)
  let lock: FolderLock | undefined
  try {
    await mkdir(path, { recursive: true })
    lock = await lockFolder(path)
  } catch (error) {
    throw unusable(path, error)
  }
  if (lock === undefined) {
    throw new OperatorError('FOLDER_LOCKED', `The data folder ${path} is in use by another everywrite process.`)
  }
  try {
    await checkFormat(path)
  } catch (error) {
    await lock.release()
    throw error instanceof OperatorError ? error : unusable(path, error)
  }
  return { path, release: () => lock.release() }
}

async function checkFormat(path: string): Promise<void> {
  const file = join(path, 'everywrite.json')
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return writeFormat(path, file)
  const found = formatIn(text)
  if (found === undefined) throw new OperatorError('FOLDER_FORMAT', `${file} is not a file of everywrite, so ${path} is left alone.`)
  if (found > format) {
    throw new OperatorError(
      'FOLDER_FORMAT',
      `The data folder ${path} has format ${found}, written by a newer everywrite; this one reads up to format ${format}.`,
    )
  }
  if (found < format) await writeFormat(path, file)
}

function writeFormat(path: string, file: string): Promise<void> {
  return writeDurably(path, file, `${JSON.stringify({ format })}\n`)
}

function formatIn(text: string): number | undefined {
  try {
    const json: unknown = JSON.parse(text)
    const found: unknown = typeof json === 'object' && json !== null ? Reflect.get(json, 'format') : undefined
    return typeof found === 'number' && Number.isInteger(found) && found >= 1 ? found : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Either the whole file is there after a power failure, or none. */
async function writeDurably(folder: string, path: string, text: string): Promise<void> {
  const draft = await open(`${path}.new`, 'w')
  try {
    await draft.writeFile(text)
    await draft.sync()
  } finally {
    await draft.close()
  }
  await rename(`${path}.new`, path)
  await flushFolder(folder)
}

function unusable(path: string, cause: unknown): OperatorError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new OperatorError('FOLDER_UNUSABLE', `The data folder ${path} cannot be used: ${why}.`, { cause })
}
