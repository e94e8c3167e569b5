import { expect, test } from 'vitest'
import { currentBook } from './price-books.ts'
import { priceOf } from './price-book.ts'
import type { ImportedPrices, NotAPriceList } from './price-list.ts'
import { bookWith, readCsvPriceList, readJsonPriceList } from './price-list.ts'

/** Products with invented SKUs in the shape of an offer file: usage type, unit, and bands as begin, end and price. */
const products: readonly (readonly [
  sku: string,
  usagetype: string,
  unit: string,
  bands: readonly (readonly [string, string, string])[],
])[] = [
  ['AAA1', 'ReplWriteRequestUnits', 'ReplicatedWriteRequestUnits', [['0', 'Inf', '0.0000006250']]],
  [
    'AAA2',
    'EU-WriteCapacityUnit-Hrs',
    'WriteCapacityUnit-Hrs',
    [
      ['18600', 'Inf', '0.0007350000'],
      ['0', '18600', '0.0000000000'],
    ],
  ],
  ['AAA3', 'EU-IA-WriteCapacityUnit-Hrs', 'WriteCapacityUnit-Hrs', [['0', 'Inf', '0.0009000000']]],
  [
    'AAA4',
    'EU-ReplWriteCapacityUnit-Hrs',
    'ReplicatedWriteCapacityUnit-Hrs',
    [
      ['0', '18600', '0'],
      ['18600', 'Inf', '0.0007350000'],
    ],
  ],
  [
    'AAA5',
    'TimedStorage-ByteHrs',
    'GB-Mo',
    [
      ['0', '25', '0'],
      ['25', 'Inf', '0.2500000000'],
    ],
  ],
  ['AAA6', 'USE1-TimedPITRStorage-ByteHrs', 'GB-Month', [['0', 'Inf', '0.2000000000']]],
  ['AAA7', 'VectorSearchData-Bytes', 'GB', [['0', 'Inf', '0.0020000000']]],
]

function offerFile(members: { begin: string; end: string } = { begin: 'beginRange', end: 'endRange' }): string {
  const term = (sku: string, unit: string, bands: readonly (readonly [string, string, string])[]): unknown => ({
    [`${sku}.JRTCKXETXF`]: {
      offerTermCode: 'JRTCKXETXF',
      sku,
      effectiveDate: '2026-09-01T00:00:00Z',
      priceDimensions: Object.fromEntries(
        bands.map(([begin, end, usd], at) => [
          `${sku}.JRTCKXETXF.${at}`,
          { unit, [members.begin]: begin, [members.end]: end, pricePerUnit: { USD: usd }, appliesTo: [] },
        ]),
      ),
      termAttributes: {},
    },
  })
  return JSON.stringify({
    formatVersion: 'v1.0',
    offerCode: 'AmazonDynamoDB',
    version: '20260911124422',
    publicationDate: '2026-09-11T12:44:22Z',
    products: Object.fromEntries(
      products.map(([sku, usagetype]) => [
        sku,
        { sku, attributes: { servicecode: 'AmazonDynamoDB', usagetype, ...(sku === 'AAA7' ? {} : { group: 'DDB' }) } },
      ]),
    ),
    terms: {
      OnDemand: Object.fromEntries(products.map(([sku, , unit, bands]) => [sku, term(sku, unit, bands)])),
      FlatRate: { AAA8: term('AAA8', 'Quantity', [['0', 'Inf', '15']]) },
    },
  })
}

function csvFile(): string {
  const rows = products.flatMap(([sku, usagetype, unit, bands]) =>
    bands.map(([begin, end, usd], at) =>
      [sku, `${sku}.${at}`, 'OnDemand', `a price, of "${unit}"`, '2026-09-01', begin, end, unit, usd, 'USD', usagetype]
        .map((cell) => `"${cell.replaceAll('"', '""')}"`)
        .join(','),
    ),
  )
  return [
    '"FormatVersion","v1.0"',
    '"Disclaimer","This pricing list is for informational purposes only, and more."',
    '"Publication Date","2026-09-11T12:44:22Z"',
    '"Version","20260911124422"',
    '"OfferCode","AmazonDynamoDB"',
    '"SKU","RateCode","TermType","PriceDescription","EffectiveDate","StartingRange","EndingRange","Unit","PricePerUnit","Currency","usageType"',
    ...rows,
  ].join('\n')
}

const expected = {
  'us-east-1': {
    'replicated-write-request': { usd: '0.625', source: 'imported' },
    storage: { usd: '0.25', source: 'imported', freeUpTo: '25' },
    'recovery-storage': { usd: '0.2', source: 'imported' },
  },
  'eu-west-1': {
    'write-hour': { usd: '0.000735', source: 'imported', freeUpTo: '18600' },
    'ia-write-hour': { usd: '0.0009', source: 'imported' },
    'replicated-write-hour': { usd: '0.000735', source: 'imported', freeUpTo: '18600' },
  },
}

function imported(result: ImportedPrices | NotAPriceList): ImportedPrices {
  if ('problem' in result) throw new Error(result.problem)
  return result
}

async function* inPieces(text: string, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < text.length; at += length) yield Buffer.from(text.slice(at, at + length))
}

test.each([
  { begin: 'beginRange', end: 'endRange' },
  { begin: 'startingRange', end: 'endingRange' },
])('an offer file in JSON gives prices by Region, whatever its ranges are called: $begin', (members) => {
  const { offer, version, regions, skipped, contradictions } = imported(readJsonPriceList(offerFile(members)))
  expect([offer, version]).toEqual(['AmazonDynamoDB', '20260911124422'])
  expect(regions).toEqual(expected)
  expect(skipped).toEqual({ 'usage that no bill here has': 1, 'terms of the kind FlatRate': 1 })
  expect(contradictions).toEqual([])
})

test.each([7, 1000, 1 << 20])('an offer file in CSV gives the same, in pieces of %i bytes', async (length) => {
  const { offer, version, regions } = imported(await readCsvPriceList(inPieces(csvFile(), length)))
  expect([offer, version]).toEqual(['AmazonDynamoDB', '20260911124422'])
  expect(regions).toEqual(expected)
})

test('what the API prints, a JSON text for each product, is taken too', () => {
  const file = JSON.parse(offerFile()) as { products: Record<string, unknown>; terms: { OnDemand: Record<string, unknown> } }
  const PriceList = Object.entries(file.products).map(([sku, product]) =>
    JSON.stringify({ product, serviceCode: 'AmazonDynamoDB', terms: { OnDemand: file.terms.OnDemand[sku] }, version: '1' }),
  )
  expect(imported(readJsonPriceList(JSON.stringify({ PriceList }))).regions).toEqual(expected)
})

test('what is no price list is refused with the reason', async () => {
  expect(readJsonPriceList('{"a":1')).toHaveProperty('problem', expect.stringMatching(/^it is not JSON/))
  expect(readJsonPriceList('{"a":1}')).toHaveProperty('problem', expect.stringMatching(/products and terms/))
  expect(await readCsvPriceList(inPieces('a,b\n1,2\n', 3))).toHaveProperty('problem', expect.stringMatching(/begins with SKU/))
  expect(await readCsvPriceList(inPieces(`${'x\n'.repeat(1)}"a"b\n`, 3))).toHaveProperty('problem', expect.stringMatching(/^it is not CSV/))
  const many = Array.from({ length: 100 }, (_, at) => `name ${at},1`).join('\n')
  expect(await readCsvPriceList(inPieces(many, 100))).toHaveProperty('problem', expect.stringMatching(/begins with SKU/))
})

test('a file that cannot be read to its end fails, and is not taken for a short one', async () => {
  async function* broken(): AsyncGenerator<string> {
    yield csvFile().slice(0, 600)
    throw new Error('the disk is gone')
  }
  await expect(readCsvPriceList(broken())).rejects.toThrow('the disk is gone')
})

test('prices that are not in effect yet wait; of those in effect the latest counts', () => {
  const file = JSON.parse(offerFile()) as { terms: { OnDemand: Record<string, Record<string, { effectiveDate: string }>> } }
  const terms = file.terms.OnDemand['AAA1'] ?? {}
  const [code = '', term] = Object.entries(terms)[0] ?? []
  const priced = (usd: string, effectiveDate: string): unknown =>
    JSON.parse(
      JSON.stringify(term)
        .replace('0.0000006250', usd)
        .replace(/2026-09-01T00:00:00Z/, effectiveDate),
    )
  Object.assign(terms, {
    [code]: priced('0.0000007', '2026-08-01T00:00:00Z'),
    later: priced('0.0000008', '2026-09-02T00:00:00Z'),
    future: priced('0.0000009', '2027-01-01T00:00:00Z'),
  })
  const { regions } = imported(readJsonPriceList(JSON.stringify(file)))
  expect(regions['us-east-1']?.['replicated-write-request']?.usd).toBe('0.8')
})

test('transfer between Regions and Aurora come from their own offers; the dearer storage configuration is not taken for an instance', async () => {
  const row = (sku: string, usagetype: string, usd: string, engine = ''): string =>
    `${sku},OnDemand,2026-01-01,0,Inf,${usd},USD,${usagetype},${engine}`
  const text = [
    'SKU,TermType,EffectiveDate,StartingRange,EndingRange,PricePerUnit,Currency,usageType,Database Engine',
    row('T1', 'USE1-USW2-AWS-Out-Bytes', '0.02'),
    row('A1', 'EU-InstanceUsage:db.r6g.2xl', '1.142', 'Aurora PostgreSQL'),
    row('A2', 'EU-InstanceUsageIOOptimized:db.r6g.2xl', '1.485', 'Aurora PostgreSQL'),
    row('A3', 'InstanceUsage:db.r6g.large', '0.2', 'PostgreSQL'),
    row('A4', 'InstanceUsage:db.r6g.large', '0.26', 'Aurora MySQL'),
    row('A5', 'InstanceUsage:db.r6g.large', '0.27', 'Aurora PostgreSQL'),
    row('A6', 'Aurora:StorageIOUsage', '0.0000002', 'Any'),
  ].join('\n')
  const { regions, contradictions } = imported(await readCsvPriceList(inPieces(text, 50)))
  expect(regions).toMatchObject({
    'us-east-1': { 'transfer-out/us-west-2': { usd: '0.02' }, 'aurora-instance/r6g.large': { usd: '0.26' }, 'aurora-io': { usd: '0.2' } },
    'eu-west-1': { 'aurora-instance/r6g.2xlarge': { usd: '1.142' } },
  })
  expect(contradictions).toEqual(['us-east-1 aurora-instance/r6g.large: 0.26 and, by A5, 0.27'])
})

test('imported prices lie over those of a book, and each says where it is from', () => {
  const book = bookWith(currentBook(), 'mine', imported(readJsonPriceList(offerFile())))
  expect(priceOf(book, 'eu-west-1', 'ia-write-hour')?.source).toBe('imported')
  expect(priceOf(book, 'eu-west-1', 'read-hour')?.source).toBe('aws-tool')
  expect(book.sources['imported']).toBe('AWS price list AmazonDynamoDB 20260911124422 2026-09-11T12:44:22Z')
})
