import type { PriceBook } from '../cost/price-book.ts'
import { extentOf, unitsOf } from '../cost/price-book.ts'
import type { Meter } from '../cost/price-book.ts'
import { currentBook, lessonBook } from '../cost/price-books.ts'
import { bookWith } from '../cost/price-list.ts'
import type { ImportedPrices } from '../cost/price-list.ts'
import { PriceBookFiles, readPriceList } from '../server/price-book-files.ts'
import type { Arguments, Command } from './command.ts'
import { UsageError, assertPositionals, textOf } from './command.ts'
import { layOut, print, printJson } from './output.ts'

const help = `everywrite prices: the price books that bills are made with

  everywrite prices                      lists them
  everywrite prices show NAME [REGION]   every price with its source; a question mark where no source confirms it
  everywrite prices import FILE…         takes price lists of AWS into a book of their own

AWS publishes its lists without a password: https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonDynamoDB/current/region_index.json names those
of each Region. Aurora is in AmazonRDS, transfer in AWSDataTransfer. JSON and CSV are taken, and what \`aws pricing get-products\` prints; JSON up to
256 MB, CSV of any size. What the lists do not have is taken from the book that comes with the program.

  --name NAME   of the new book (default imported)
  --data DIR    the data folder in which it is kept (default ./.everywrite)
  --json        as JSON`

export const prices: Command = {
  help,
  options: { name: { type: 'string' }, data: { type: 'string' } },
  async run(args) {
    const [verb, ...rest] = args.positionals
    const files = booksOf(args)
    const json = args.values['json'] === true
    if (verb === undefined) await list(files, json)
    else if (verb === 'show') await show(args, files, json)
    else if (verb === 'import') await importLists(rest, textOf(args, 'name') ?? 'imported', files, json)
    else throw new UsageError(`There is no \`everywrite prices ${verb}\`; there are show and import`)
    return 0
  },
}

/** The books of the data folder that `--data` names, and those that come with the program. */
export function booksOf(args: Arguments): PriceBookFiles {
  return new PriceBookFiles(textOf(args, 'data') ?? './.everywrite')
}

async function list(files: PriceBookFiles, json: boolean): Promise<void> {
  const books = [...(await files.all()).values()].map((book) => ({
    ...extentOf(book),
    name: book.name,
    title: book.title,
    ...validity(book),
  }))
  const lesson = lessonBook()
  if (json) return printJson({ books, lesson })
  const rows = books.map(({ name, from, until, regions, prices: count, unconfirmed, title }) => [
    name,
    from ?? '',
    until ?? '',
    String(regions),
    String(count),
    String(unconfirmed),
    title,
  ])
  print(
    layOut(
      ['BOOK', 'FROM', 'UNTIL', 'REGIONS', 'PRICES', 'UNCONFIRMED', 'WHAT'],
      [...rows, [lesson.name, '', '', '', '4', '', lesson.title]],
    ),
  )
  print(`\nThe book ${lesson.name} has rules of its own and serves \`everywrite estimate --lesson\` alone.`)
}

function validity({ validFrom, validUntil }: PriceBook): { from: string | undefined; until: string | undefined } {
  return { from: validFrom, until: validUntil }
}

async function show(args: Arguments, files: PriceBookFiles, json: boolean): Promise<void> {
  assertPositionals(args, 3)
  const [, name, region] = args.positionals
  if (name === undefined) throw new UsageError('`everywrite prices show` needs the name of a book')
  const book = await bookNamed(files, name)
  if (json) return printJson(book)
  if (region !== undefined && !Object.hasOwn(book.regions, region)) {
    throw new UsageError(`The book ${name} has no prices of ${region}; it has ${Object.keys(book.regions).join(', ')}`)
  }
  const rows = Object.entries(book.regions)
    .filter(([each]) => region === undefined || each === region)
    .flatMap(([each, { prices: all }]) =>
      Object.entries(all).map(([meter, price]) => [
        each,
        meter,
        `${price.usd}${price.unconfirmed === undefined ? '' : ' ?'}`,
        unitsOf(meter as Meter).unit,
        price.unconfirmed === undefined ? price.source : `${price.source}: ${price.unconfirmed}`,
      ]),
    )
  print(book.title)
  print(layOut(['REGION', 'METER', 'USD', 'FOR', 'SOURCE'], rows))
  print()
  for (const [key, source] of Object.entries(book.sources)) print(`${key}: ${source}`)
}

export async function bookNamed(files: PriceBookFiles, name: string): Promise<PriceBook> {
  const book = await files.read(name)
  if (book === undefined) throw new UsageError(`There is no price book ${name}; there are ${(await files.names()).join(', ')}`)
  return book
}

async function importLists(paths: readonly string[], name: string, files: PriceBookFiles, json: boolean): Promise<void> {
  if (paths.length === 0) throw new UsageError('`everywrite prices import` needs a file')
  const base = currentBook()
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) throw new UsageError('--name takes letters, digits, dots, dashes and underscores')
  if (name === base.name || name === 'aws-before-2024-11' || name === 'lesson') {
    throw new UsageError(`--name cannot be that of a book that comes with the program`)
  }
  let book: PriceBook = base
  const taken = []
  for (const path of paths) {
    const imported = await readPriceList(path)
    book = bookWith(book, name, imported)
    taken.push({ path, ...imported })
  }
  const path = await files.write(book)
  if (json) return printJson({ path, name, files: taken })
  for (const each of taken) tell(each)
  print(`\nKept as ${path}; use it with \`prices: ${name}\` in a file, or --prices ${name}.`)
}

function tell({ path, offer, version, regions, skipped, contradictions }: ImportedPrices & { readonly path: string }): void {
  const count = Object.values(regions).reduce((sum, prices) => sum + Object.keys(prices).length, 0)
  print(`${path}: ${offer || 'offer not named'} ${version}, ${count} prices of ${Object.keys(regions).length} Regions`)
  for (const [reason, rows] of Object.entries(skipped)) print(`  left out: ${rows} rows, ${reason}`)
  for (const each of contradictions) print(`  two prices for one thing, the first is kept: ${each}`)
}
