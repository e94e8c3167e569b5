import { createReadStream } from 'node:fs'
import { mkdir, open, readFile, readdir, rename, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { PriceBook } from '../cost/price-book.ts'
import { bookNames, builtInBook, isPriceBook, parsePriceBook } from '../cost/price-books.ts'
import type { ImportedPrices } from '../cost/price-list.ts'
import { jsonListBytesMax, readCsvPriceList, readJsonPriceList } from '../cost/price-list.ts'
import { OperatorError, codeOf } from './operator-error.ts'

/**
 * Price books: those that come with the program, and those in `price-books/` of a data folder, a JSON file each, imported or written by hand. A book there
 * cannot have the name of one that comes with the program.
 */
export class PriceBookFiles {
  readonly folder: string

  constructor(dataFolder: string) {
    this.folder = resolve(dataFolder, 'price-books')
  }

  async names(): Promise<readonly string[]> {
    const files = await readdir(this.folder).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return []
      throw unusable(this.folder, error)
    })
    const own = files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length))
    return [...bookNames, ...own.filter((name) => !isBuiltIn(name)).sort()]
  }

  /** Undefined: there is none of that name. */
  async read(name: string): Promise<PriceBook | undefined> {
    if (isBuiltIn(name)) return builtInBook(name)
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) return undefined
    const path = join(this.folder, `${name}.json`)
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return undefined
      throw unusable(path, error)
    })
    if (text === undefined) return undefined
    const book = parsePriceBook(parseJson(path, text))
    if (isPriceBook(book)) return { ...book, name }
    const all = book.map((each) => `${each.path} ${each.problem}`).join('; ')
    throw new OperatorError('FILE_UNUSABLE', `${path} is not a price book: ${all}.`)
  }

  /** All of them; a file that is not a book fails. */
  async all(): Promise<ReadonlyMap<string, PriceBook>> {
    const found = new Map<string, PriceBook>()
    for (const name of await this.names()) {
      const book = await this.read(name)
      if (book !== undefined) found.set(name, book)
    }
    return found
  }

  /** Returns the path. A book of that name is replaced. */
  async write(book: PriceBook): Promise<string> {
    const path = join(this.folder, `${book.name}.json`)
    try {
      await mkdir(this.folder, { recursive: true })
      await writeFile(`${path}.new`, `${JSON.stringify(book, undefined, 2)}\n`)
      await rename(`${path}.new`, path)
    } catch (error) {
      throw unusable(path, error)
    }
    return path
  }
}

function isBuiltIn(name: string): name is (typeof bookNames)[number] {
  return bookNames.some((each) => each === name)
}

/** One of AWS's price lists; JSON or CSV, by what the file begins with. */
export async function readPriceList(path: string): Promise<ImportedPrices> {
  try {
    const isJson = /^\s*[[{]/.test(await beginningOf(path))
    const { size } = await stat(path)
    if (isJson && size > jsonListBytesMax) {
      const limit = `${jsonListBytesMax / 1024 / 1024} MB`
      throw new OperatorError(
        'FILE_UNUSABLE',
        `${path} is larger than ${limit}, more than a list in JSON may be; take the one in CSV, or that of one Region.`,
      )
    }
    const list = isJson ? readJsonPriceList(await readFile(path, 'utf8')) : await readCsvPriceList(createReadStream(path))
    if ('problem' in list) throw new OperatorError('FILE_UNUSABLE', `${path} is not a price list of AWS: ${list.problem}.`)
    return list
  } catch (error) {
    throw error instanceof OperatorError ? error : unusable(path, error)
  }
}

async function beginningOf(path: string): Promise<string> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw new OperatorError('FILE_UNUSABLE', `${path} is not JSON: ${error.message}.`)
    throw error
  }
}

export function unusable(path: string, cause: unknown): OperatorError {
  const missing = codeOf(cause) === 'ENOENT'
  const why = cause instanceof Error ? cause.message : String(cause)
  return new OperatorError('FILE_UNUSABLE', missing ? `There is no file ${path}.` : `${path} cannot be used: ${why}.`, { cause })
}
