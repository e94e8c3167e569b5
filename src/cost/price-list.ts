import { pipeline } from 'node:stream'
import { parse } from 'csv-parse'
import { decimal, zero } from './money.ts'
import type { PriceBook, Price, RegionPrices } from './price-book.ts'
import type { ListedMeter } from './price-list-meter.ts'
import { listedMeter } from './price-list-meter.ts'

/**
 * Reads AWS's public price lists (offer files) into prices. CSV is read row by row, so its size does not matter; JSON has to fit into memory whole, and
 * has a limit. Also taken: what `aws pricing get-products` prints. Of a product that has a band which costs nothing, the price is that of the first band
 * that costs something; the free one is kept as such.
 */
export interface ImportedPrices {
  readonly offer: string
  readonly version: string
  /** ISO date of publication; empty when the file does not say. */
  readonly published: string
  readonly regions: Readonly<Record<string, Readonly<Record<string, Price>>>>
  /** Rows that no bill here has a line for, by reason. */
  readonly skipped: Readonly<Record<string, number>>
  /** Where the file has two prices for one thing; the first is kept. */
  readonly contradictions: readonly string[]
}

/** The file is not a price list. */
export interface NotAPriceList {
  readonly problem: string
}

export const jsonListBytesMax = 256 * 1024 * 1024

/** @param text of at most {@link jsonListBytesMax} bytes */
export function readJsonPriceList(text: string): ImportedPrices | NotAPriceList {
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return { problem: `it is not JSON: ${error.message}` }
    throw error
  }
  const answers = isObject(file) ? file['PriceList'] : file
  if (Array.isArray(answers)) return readAnswers(answers)
  if (!isObject(file) || !isObject(file['products']) || !isObject(file['terms'])) {
    return { problem: 'it has no members products and terms, as an offer file of AWS has' }
  }
  const gathered = new Gathered(textOf(file['offerCode']), textOf(file['version']), textOf(file['publicationDate']))
  const { products, terms } = file
  for (const [type, bySku] of Object.entries(terms)) {
    if (!isObject(bySku)) continue
    for (const [sku, ofSku] of Object.entries(bySku)) if (isObject(ofSku)) takeTerms(gathered, type, products[sku], ofSku)
  }
  return gathered.result()
}

/** The API gives each product with its terms as one JSON text. */
function readAnswers(answers: readonly unknown[]): ImportedPrices | NotAPriceList {
  const gathered = new Gathered('', '', '')
  for (const [at, answer] of answers.entries()) {
    let entry: unknown = answer
    if (typeof answer === 'string') {
      try {
        entry = JSON.parse(answer)
      } catch (error) {
        if (error instanceof SyntaxError) return { problem: `its entry ${at} is not JSON: ${error.message}` }
        throw error
      }
    }
    if (!isObject(entry) || !isObject(entry['product']) || !isObject(entry['terms'])) {
      return { problem: `its entry ${at} has no members product and terms` }
    }
    gathered.of(textOf(entry['serviceCode']), textOf(entry['version']), textOf(entry['publicationDate']))
    for (const [type, ofSku] of Object.entries(entry['terms'])) if (isObject(ofSku)) takeTerms(gathered, type, entry['product'], ofSku)
  }
  return gathered.result()
}

function takeTerms(gathered: Gathered, termType: string, product: unknown, ofSku: Readonly<Record<string, unknown>>): void {
  const attributes = isObject(product) && isObject(product['attributes']) ? product['attributes'] : {}
  for (const term of Object.values(ofSku)) {
    if (!isObject(term) || !isObject(term['priceDimensions'])) continue
    for (const band of Object.values(term['priceDimensions'])) {
      if (!isObject(band)) continue
      const price = isObject(band['pricePerUnit']) ? band['pricePerUnit'] : {}
      gathered.take({
        sku: textOf(term['sku']),
        termType,
        effective: textOf(term['effectiveDate']),
        begin: textOf(band['beginRange'] ?? band['startingRange']),
        end: textOf(band['endRange'] ?? band['endingRange']),
        usd: price['USD'] === undefined ? undefined : textOf(price['USD']),
        usagetype: textOf(attributes['usagetype']),
        regionCode: textOf(attributes['regionCode']) || undefined,
        databaseEngine: textOf(attributes['databaseEngine']) || undefined,
      })
    }
  }
}

/** The columns are found by their names: their number and order differ between offers. */
export async function readCsvPriceList(pieces: AsyncIterable<Buffer | string>): Promise<ImportedPrices | NotAPriceList> {
  const parser = parse({ relax_column_count: true, skip_empty_lines: true, bom: true, max_record_size: recordBytesMax })
  // What goes wrong on either side ends the other; whoever reads the parser hears of it.
  pipeline(pieces, parser, () => undefined)
  let gathered: Gathered | undefined
  let columns: ReadonlyMap<string, number> | undefined
  const about = new Map<string, string>()
  try {
    for await (const record of parser as AsyncIterable<readonly string[]>) {
      if (columns === undefined || gathered === undefined) {
        const [first = '', second = ''] = record
        if (first === 'SKU') {
          columns = new Map(record.map((name, at) => [name.toLowerCase().replaceAll(' ', ''), at]))
          gathered = new Gathered(about.get('offercode') ?? '', about.get('version') ?? '', about.get('publicationdate') ?? '')
        } else about.set(first.toLowerCase().replaceAll(' ', ''), second)
        if (about.size > metadataRowsMax) break
        continue
      }
      gathered.take(rowOf(record, columns))
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('CSV_'))
      return { problem: `it is not CSV: ${error.message}` }
    throw error
  }
  return gathered?.result() ?? { problem: 'it has no row that begins with SKU, as the header of a price list of AWS does' }
}

const recordBytesMax = 1 << 20
const metadataRowsMax = 20

function rowOf(record: readonly string[], columns: ReadonlyMap<string, number>): Row {
  const cell = (name: string): string => record[columns.get(name) ?? -1] ?? ''
  return {
    sku: cell('sku'),
    termType: cell('termtype'),
    effective: cell('effectivedate'),
    begin: cell('startingrange'),
    end: cell('endingrange'),
    usd: cell('currency') === 'USD' ? cell('priceperunit') : undefined,
    usagetype: cell('usagetype'),
    regionCode: cell('regioncode') || undefined,
    databaseEngine: cell('databaseengine') || undefined,
  }
}

interface Row {
  readonly sku: string
  readonly termType: string
  readonly effective: string
  readonly begin: string
  readonly end: string
  /** Undefined: the price is in another currency. */
  readonly usd: string | undefined
  readonly usagetype: string
  readonly regionCode: string | undefined
  readonly databaseEngine: string | undefined
}

interface Product {
  readonly listed: ListedMeter
  effective: string
  bands: { readonly begin: string; readonly end: string; readonly usd: string }[]
}

class Gathered {
  #offer: string
  #version: string
  #published: string
  readonly #products = new Map<string, Product>()
  readonly #skipped: Record<string, number> = {}

  constructor(offer: string, version: string, published: string) {
    this.#offer = offer
    this.#version = version
    this.#published = published
  }

  of(offer: string, version: string, published: string): void {
    this.#offer ||= offer
    this.#version ||= version
    this.#published ||= published
  }

  take(row: Row): void {
    if (row.termType !== 'OnDemand') return this.#skip(`terms of the kind ${row.termType || '(none)'}`)
    const listed = listedMeter(row)
    if (listed === undefined) return this.#skip('usage that no bill here has')
    if (row.usd === undefined) return this.#skip('prices in another currency')
    if (!/^\d+(\.\d+)?$/.test(row.usd)) return this.#skip('prices that are no numbers')
    if (this.#published !== '' && row.effective > this.#published) return this.#skip('prices that were not in effect yet')
    const known = this.#products.get(row.sku)
    const band = { begin: row.begin, end: row.end, usd: row.usd }
    if (known === undefined) this.#products.set(row.sku, { listed, effective: row.effective, bands: [band] })
    else if (row.effective > known.effective) Object.assign(known, { effective: row.effective, bands: [band] })
    else if (row.effective === known.effective) known.bands.push(band)
  }

  result(): ImportedPrices {
    const regions: Record<string, Record<string, Price>> = {}
    const contradictions: string[] = []
    for (const [sku, { listed, bands }] of this.#products) {
      const price = priceFrom(listed, bands)
      const prices = (regions[listed.region] ??= {})
      const before = prices[listed.meter]
      if (before === undefined) prices[listed.meter] = price
      else if (!decimal(before.usd).eq(decimal(price.usd))) {
        contradictions.push(`${listed.region} ${listed.meter}: ${before.usd} and, by ${sku}, ${price.usd}`)
      }
    }
    const [offer, version, published] = [this.#offer, this.#version, this.#published]
    return { offer, version, published, regions, skipped: this.#skipped, contradictions }
  }

  #skip(reason: string): void {
    this.#skipped[reason] = (this.#skipped[reason] ?? 0) + 1
  }
}

function priceFrom({ factor }: ListedMeter, bands: Product['bands']): Price {
  const ordered = [...bands].sort((a, b) => Number(a.begin) - Number(b.begin))
  const charged = ordered.find(({ usd }) => decimal(usd).gt(zero))
  const free = charged === undefined ? undefined : ordered.find(({ usd, end }) => decimal(usd).eq(zero) && /^\d+$/.test(end))
  const usd = decimal(charged?.usd ?? '0')
    .times(decimal(factor))
    .toFixed()
  return { usd, source: 'imported', ...(free === undefined ? {} : { freeUpTo: free.end }) }
}

/** The imported prices laid over those of a book: what the list does not have stays, with its own source. */
export function bookWith(base: PriceBook, name: string, imported: ImportedPrices): PriceBook {
  const { offer, version, published } = imported
  // A second import into one book keeps the first one's source.
  const key = `imported${Object.keys(base.sources).filter((each) => each.startsWith('imported')).length || ''}`
  const regions: Record<string, RegionPrices> = { ...base.regions }
  for (const [region, prices] of Object.entries(imported.regions)) {
    const sourced = Object.fromEntries(Object.entries(prices).map(([meter, price]) => [meter, { ...price, source: key }]))
    const before = regions[region]
    regions[region] = { billPrefix: before?.billPrefix ?? '', prices: { ...before?.prices, ...sourced } }
  }
  const source = `AWS price list ${offer || '(offer not named)'} ${version} ${published}`.trim()
  return { ...base, name, title: `${source}, over ${base.title}`, sources: { ...base.sources, [key]: source }, regions }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
