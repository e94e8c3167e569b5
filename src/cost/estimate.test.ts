import { describe, expect, it, test } from 'vitest'
import type { Bill } from './bill.ts'
import { totalsBy } from './bill.ts'
import type { Estimate } from './estimate.ts'
import { estimate, isEstimate } from './estimate.ts'
import { cents, decimal, sum } from './money.ts'
import { bookNames, builtInBook } from './price-books.ts'
import type { PriceBook } from './price-book.ts'

const books = new Map<string, PriceBook>(bookNames.map((name) => [name, builtInBook(name)]))

function estimated(input: unknown): Estimate {
  const outcome = estimate(input, (name) => books.get(name), [...books.keys()])
  if (!isEstimate(outcome)) throw new Error(JSON.stringify(outcome))
  return outcome
}

function problemsOf(input: unknown): Record<string, string> {
  const outcome = estimate(input, (name) => books.get(name), [...books.keys()])
  if (isEstimate(outcome)) throw new Error('there is nothing wrong')
  return Object.fromEntries(outcome.map(({ path, problem }) => [path, problem]))
}

const total = (input: unknown): string => cents(estimated(input).bill.total)

const byRegion = (bill: Bill): Record<string, string> =>
  Object.fromEntries(totalsBy(bill, ({ region }) => region).map(({ key, usd }) => [key, cents(usd)]))

const trio = ['us-east-1', 'us-west-2', 'eu-west-1']
const allUsed = { mode: 'provisioned', targetUtilization: 1 }
const onDemand = { mode: 'on-demand' }

/** One thousand writes and five thousand reads a second of 1 KB: A in every Region, B the writes in one of them. */
function example(of: { reading: 'A' | 'B'; capacity: object; consistency?: string; regions?: readonly string[]; more?: object }): object {
  const { reading, capacity, consistency = 'strong', regions = trio, more = {} } = of
  const table = {
    name: 'items',
    itemBytes: 1024,
    storedGb: 100,
    writes: [{ region: reading === 'A' ? 'every' : 'us-east-1', perSecond: 1000 }],
    reads: [{ region: 'every', perSecond: 5000, consistency }],
  }
  return { regions, capacity, tables: [table], ...more }
}

describe('the example of three Regions', () => {
  it.each([
    ['A', allUsed, 'strong', '1923.00', '2174.50', '6020.50'],
    ['A', allUsed, 'eventual', '1685.75', '1906.23', '5277.73'],
    ['A', onDemand, 'strong', '6595.00', '7445.83', '20635.83'],
    ['A', onDemand, 'eventual', '5773.75', '6516.18', '18063.68'],
    ['B', allUsed, 'strong', '974.00', '1101.40', '3049.40'],
    ['B', allUsed, 'eventual', '736.75', '833.13', '2306.63'],
    ['B', onDemand, 'strong', '3310.00', '3740.35', '10360.35'],
    ['B', onDemand, 'eventual', '2488.75', '2810.70', '7788.20'],
  ] as const)('reading %s, %o, reads %s', (reading, capacity, consistency, us, eu, all) => {
    const { bill } = estimated(example({ reading, capacity, consistency }))
    expect(byRegion(bill)).toEqual({ 'us-east-1': us, 'us-west-2': us, 'eu-west-1': eu })
    expect(cents(bill.total)).toBe(all)
  })

  it.each([
    ['A', allUsed, '2634.75', '2979.33', '8248.83'],
    ['A', onDemand, '18092.50', '20421.58', '56606.58'],
    ['B', onDemand, '8237.50', '9305.14', '25780.14'],
  ] as const)('reading %s, %o, before the cut of 2024', (reading, capacity, us, eu, all) => {
    const { bill } = estimated(example({ reading, capacity, more: { prices: 'aws-before-2024-11' } }))
    expect(byRegion(bill)).toEqual({ 'us-east-1': us, 'us-west-2': us, 'eu-west-1': eu })
    expect(cents(bill.total)).toBe(all)
  })

  it('adds what transfer would cost where that is charged', () => {
    const transfer = (reading: 'A' | 'B'): string => {
      const { bill } = estimated(example({ reading, capacity: allUsed, more: { replicationTransfer: 'list' } }))
      return cents(sum(bill.lines.filter(({ cause }) => cause === 'transfer').map(({ usd }) => usd)))
    }
    expect([transfer('A'), transfer('B')]).toEqual(['300.75', '100.25'])
  })

  it('costs more when a Region is added, in that Region alone when the writes stay what they are', () => {
    const two = ['us-east-1', 'us-west-2']
    expect(total(example({ reading: 'B', capacity: allUsed, regions: two }))).toBe('1948.00')
    expect(total(example({ reading: 'A', capacity: allUsed, regions: two }))).toBe('2897.00')
    expect(total(example({ reading: 'B', capacity: onDemand, regions: two }))).toBe('6620.00')
    expect(total(example({ reading: 'A', capacity: onDemand, regions: two }))).toBe('9905.00')
  })

  it('is cheaper by what is free, where that applies', () => {
    const one = (region: string): string => {
      const { bill } = estimated(example({ reading: 'B', capacity: allUsed, more: { freeTier: true } }))
      return byRegion(bill)[region] ?? ''
    }
    expect([one('us-east-1'), one('eu-west-1')]).toEqual(['953.24', '1077.92'])
  })

  it('is cheaper under a savings plan, but for storage', () => {
    const plan = (capacity: object): string => {
      const { bill } = estimated(example({ reading: 'B', capacity: { ...capacity, commitment: 'savings-plan' } }))
      return byRegion(bill)['us-east-1'] ?? ''
    }
    expect([plan(onDemand), plan(allUsed)]).toEqual(['2718.70', '860.12'])
  })
})

function writes(of: { perSecond?: number; perMonth?: number; region?: string; bytes?: number; more?: object }): object {
  const { perSecond, perMonth, region = 'us-east-1', bytes = 1024, more = {} } = of
  return { region, ...(perMonth === undefined ? { perSecond } : { perMonth }), itemBytes: bytes, ...more }
}

function table(parts: object): object {
  return { name: 'items', itemBytes: 1024, ...parts }
}

test('every Region pays for every write, whoever accepted it', () => {
  const input = (capacity: object): object => ({
    regions: trio,
    capacity,
    tables: [
      table({
        writes: [
          writes({ perSecond: 600, bytes: 1536 }),
          writes({ perSecond: 300, region: 'us-west-2' }),
          writes({ perSecond: 100, region: 'eu-west-1', bytes: 3072 }),
        ],
      }),
    ],
  })
  expect(byRegion(estimated(input(allUsed)).bill)).toEqual({ 'us-east-1': '854.10', 'us-west-2': '854.10', 'eu-west-1': '965.79' })
  expect(total(input(allUsed))).toBe('2673.99')
  expect(total(input(onDemand))).toBe('9247.93')
})

test.each([
  ['every', allUsed, '2022.10'],
  ['every', onDemand, '6990.48'],
  ['us-east-1', allUsed, '1011.05'],
  ['us-east-1', onDemand, '3495.24'],
])('two Regions, 500 items of 2 KB a second, written in %s, %o', (region, capacity, expected) => {
  const regions = ['us-east-1', 'eu-west-1']
  expect(total({ regions, capacity, tables: [table({ writes: [writes({ perSecond: 500, region, bytes: 2048 })] })] })).toBe(expected)
})

test.each([
  [allUsed, 1, '1485.55'],
  [onDemand, 1, '5137.74'],
  [allUsed, 2, '2971.10'],
  [onDemand, 2, '10275.48'],
])('a global index costs plain units in every Region: %o, %i entries for each write', (capacity, entriesPerWrite, expected) => {
  const indexes = [{ name: 'by-city', entryBytes: 1024, entriesPerWrite }]
  const { bill } = estimated({ regions: trio, capacity, tables: [table({ indexes, writes: [writes({ perSecond: 1000 })] })] })
  const ofIndex = bill.lines.filter(({ index }) => index === 'by-city')
  expect(ofIndex.map(({ meter }) => meter).every((meter) => /^write-/.test(meter))).toBe(true)
  expect(cents(sum(ofIndex.map(({ usd }) => usd)))).toBe(expected)
})

test('three days of AWS, each write standing for a million: one Region, two, two with an index', () => {
  const two = ['us-east-1', 'us-west-2']
  const million = (perMonth: number): object => writes({ perMonth: perMonth * 1_000_000 })
  const { bill } = estimated({
    regions: two,
    tables: [
      { name: 'first', replicas: ['us-east-1'], writes: [million(100)] },
      { name: 'second', writes: [million(150)] },
      { name: 'third', indexes: [{ name: 'all' }], writes: [million(200)] },
    ],
  })
  const units = (meter: string): string => sum(bill.lines.filter((line) => line.meter === meter).map(({ quantity }) => quantity)).toFixed()
  expect([units('write-request'), units('replicated-write-request')]).toEqual(['500000000', '700000000'])
  expect(cents(bill.total)).toBe('750.00')
})

test('a witness costs nothing', () => {
  const input = {
    regions: ['us-east-1', 'us-west-2'],
    capacity: allUsed,
    tables: [
      table({
        consistency: 'strong',
        witness: 'us-east-2',
        storedGb: 100,
        writes: [writes({ perSecond: 1000 })],
        reads: [{ region: 'every', perSecond: 5000, consistency: 'strong' }],
      }),
    ],
  }
  expect(total(input)).toBe('1948.00')
})

test.each([
  [2, '1898.00'],
  [1, '1423.50'],
])(
  'a transactional write costs twice where it is made, and in other Regions as is supposed: %i',
  (transactionalReplicaFactor, expected) => {
    const tables = [table({ writes: [writes({ perSecond: 1000, more: { transactional: true } })] })]
    expect(total({ regions: ['us-east-1', 'us-west-2'], capacity: allUsed, transactionalReplicaFactor, tables })).toBe(expected)
  },
)

test('a condition that fails costs where it failed, and is not replicated', () => {
  const tables = [table({ writes: [writes({ perMonth: 10_000_000, more: { failedConditions: 0.5 } })] })]
  const { bill } = estimated({ regions: ['us-east-1', 'us-west-2'], tables })
  expect(byRegion(bill)).toEqual({ 'us-east-1': '6.25', 'us-west-2': '3.13' })
})

test('items that expire are deleted for nothing in one Region, and cost a replicated write in each other', () => {
  const tables = [table({ timeToLive: { region: 'us-east-1', perMonth: 10_000_000 } })]
  const { bill } = estimated({ regions: trio, tables })
  expect(byRegion(bill)).toEqual({ 'us-west-2': '6.25', 'eu-west-1': '7.05' })
  expect(cents(bill.total)).toBe('13.30')
})

test.each([
  [250, '410.63'],
  [500, '821.25'],
  [1000, '1642.50'],
])('on demand costs by the write: %i a second', (perSecond, expected) => {
  expect(total({ regions: ['us-east-1'], tables: [table({ writes: [writes({ perSecond })] })] })).toBe(expected)
})

test('provisioned units are more than are used', () => {
  const of = (capacity: object, more: object = {}): string =>
    total({ regions: ['us-east-1'], capacity, ...more, tables: [table({ writes: [writes({ perSecond: 1000 })] })] })
  expect(of(allUsed)).toBe('474.50')
  expect(of({ mode: 'provisioned' })).toBe('677.86')
  const spike = Array.from({ length: 24 }, (_, hour) => (hour === 12 ? 25 : 1))
  expect(of({ ...allUsed, scaling: 'follows' }, { dailyCurve: spike })).toBe('474.50')
  expect(of({ ...allUsed, scaling: 'peak' }, { dailyCurve: spike })).toBe(
    decimal('474.50')
      .times(decimal(24 * 25))
      .div(decimal(48))
      .toFixed(2),
  )
})

test('busy hours of different Regions do not add up at the peak', () => {
  const at = (hour: number): number[] => Array.from({ length: 24 }, (_, each) => (each === hour ? 1 : 0))
  const of = (dailyCurves: object): string =>
    total({
      regions: ['us-east-1', 'us-west-2'],
      capacity: { ...allUsed, scaling: 'peak' },
      dailyCurves,
      tables: [table({ writes: [writes({ perSecond: 10, region: 'every' })] })],
    })
  const together = of({ 'us-east-1': at(3), 'us-west-2': at(3) })
  expect(together).toBe(decimal('0.00065').times(decimal(730)).times(decimal(480)).times(decimal(2)).toFixed(2))
  expect(of({ 'us-east-1': at(3), 'us-west-2': at(15) })).toBe(decimal(together).div(decimal(2)).toFixed(2))
})

test.each([
  ['reserved-1y', 'write', '218.44'],
  ['reserved-3y', 'write', '109.13'],
  ['reserved-1y', 'read', '216.25'],
  ['reserved-3y', 'read', '108.40'],
])('%s of a thousand %s units and their like', (commitment, kind, expected) => {
  const work =
    kind === 'write'
      ? { writes: [writes({ perSecond: 1000 })] }
      : { reads: [{ region: 'us-east-1', perSecond: 5000, consistency: 'strong' }] }
  expect(total({ regions: ['us-east-1'], capacity: { ...allUsed, commitment }, tables: [table(work)] })).toBe(expected)
})

test('replicated writes cannot be reserved, and a block that is used too little is not bought', () => {
  const reserved = { ...allUsed, commitment: 'reserved-1y' }
  const input = (regions: readonly string[], perSecond: number): object => ({
    regions,
    capacity: reserved,
    tables: [table({ writes: [writes({ perSecond })] })],
  })
  expect(total(input(['us-east-1', 'us-west-2'], 1000))).toBe('949.00')
  expect(total(input(['us-east-1'], 45))).toBe(total({ ...input(['us-east-1'], 45), capacity: allUsed }))
  expect(Number(total(input(['us-east-1'], 50)))).toBeLessThan(Number(total({ ...input(['us-east-1'], 50), capacity: allUsed })))
})

test('what each item takes beside its bytes is stored too', () => {
  const of = (items: number, storedGb: number | undefined): string =>
    total({
      regions: ['us-east-1', 'eu-west-1'],
      tables: [table(storedGb === undefined ? { items } : { storedGb })],
    })
  // 100 GB of items of 1 KB, and 148 bytes for each of them: 28.61 and 32.39.
  expect(of(97_656_250, undefined)).toBe('61.00')
  expect(of(0, 100)).toBe('53.30')
})

test('the class for seldom used data: cheaper storage, dearer work', () => {
  const of = (kind: string, storedGb: number): string =>
    total({
      regions: ['us-east-1'],
      capacity: allUsed,
      tables: [
        table({
          class: kind,
          storedGb,
          writes: [writes({ perSecond: 1000 })],
          reads: [{ region: 'every', perSecond: 5000, consistency: 'strong' }],
        }),
      ],
    })
  expect([of('infrequent-access', 100), of('infrequent-access', 5000)]).toEqual(['1185.30', '1675.30'])
  expect([of('standard', 100), of('standard', 5000)]).toEqual(['974.00', '2199.00'])
})

test('a large table on demand comes to what another calculator says', () => {
  const tables = [
    table({
      storedGb: 2048,
      writes: [writes({ perSecond: 20_000 })],
      reads: [{ region: 'every', perSecond: 80_000, consistency: 'strong' }],
    }),
  ]
  expect(total({ regions: ['us-east-1'], tables })).toBe('59642.00')
})

test('recovery, restores, stream reads', () => {
  expect(total({ regions: trio, tables: [table({ storedGb: 100, pointInTimeRecovery: true })] })).toBe('140.30')
  const restored = (region: string, replicationTransfer: string): string =>
    total({
      regions: ['us-east-1', region],
      replicationTransfer,
      tables: [table({ restores: [{ region, gb: 100, from: 'us-east-1' }] })],
    })
  expect([restored('eu-west-1', 'none'), restored('us-west-2', 'none'), restored('us-west-2', 'list')]).toEqual(['17.00', '15.00', '17.00'])
  expect(
    total({ regions: ['us-east-1'], freeTier: true, tables: [table({ streamReads: { region: 'every', perMonth: 10_000_000 } })] }),
  ).toBe('1.50')
})

test.each([
  [720, '468.00'],
  [730, '474.50'],
  [732, '475.80'],
  [744, '483.60'],
])('a month of %i hours', (hoursPerMonth, expected) => {
  const tables = [table({ writes: [writes({ perSecond: 1000 })] })]
  const { bill } = estimated({ regions: ['us-east-1', 'us-west-2'], hoursPerMonth, capacity: allUsed, tables })
  expect(byRegion(bill)['us-east-1']).toBe(expected)
})

test.each([
  [{ writes: [writes({ perMonth: 3_000_000 })] }, ['us-east-1'], '3.75', '1.88'],
  [{ reads: [{ region: 'us-east-1', perMonth: 8_000_000, consistency: 'strong' }] }, ['us-east-1'], '2.00', '1.00'],
  [{ writes: [writes({ perMonth: 3_000_000 })] }, ['us-east-1', 'us-west-2'], '5.63', '1.88'],
])('prices were cut in November 2024: %o', (work, regions, then, now) => {
  const of = (prices: string): string => byRegion(estimated({ regions, prices, tables: [table(work)] }).bill)['us-east-1'] ?? ''
  expect([of('aws-before-2024-11'), of('aws-2024-11')]).toEqual([then, now])
})

test('a size distribution rounds each size by itself', () => {
  const itemSizes = [
    { bytes: 700, share: 0.8 },
    { bytes: 1025, share: 0.2 },
  ]
  const { bill } = estimated({
    regions: ['us-east-1'],
    tables: [{ name: 'mixed', itemSizes, writes: [{ region: 'every', perMonth: 1000 }] }],
  })
  expect(bill.lines[0]?.quantity.toFixed()).toBe('1200')
})

test('Aurora of a size that is said: instances, I/O, replicated I/O, storage, transfer', () => {
  const aurora = (storage: string): object => ({
    instanceClass: 'r7g.2xlarge',
    instances: { 'us-east-1': 2, 'us-west-2': 1, 'eu-west-1': 1 },
    storage,
  })
  const of = (storage: string): string => {
    const { variants } = estimated(example({ reading: 'B', capacity: onDemand, more: { aurora: aurora(storage) } }))
    const outcome = variants.at(-1)?.outcome
    return outcome === undefined || 'problems' in outcome ? '' : cents(outcome.total)
  }
  expect([of('standard'), of('io-optimized')]).toEqual(['5018.31', '5524.59'])
})

test('variants are told beside it: those that are asked for, and what is always worth a look', () => {
  const { bill, variants } = estimated(
    example({
      reading: 'A',
      capacity: onDemand,
      more: { variants: [{ name: 'eventual', change: { tables: [table({ writes: [] })] } }] },
    }),
  )
  const by = new Map(
    variants.map(({ name, outcome }) => [name, 'problems' in outcome ? outcome.problems[0]?.problem : cents(outcome.total)]),
  )
  expect(by.get('eventual')).toBe('0.00')
  expect(by.get('on-demand')).toBe(cents(bill.total))
  // Writes and reads of the Region that goes are made in another.
  expect(by.get('without eu-west-1')).toBe('14832.50')
  expect(by.get('class Standard-IA')).toMatch(/no price of ia-.* in eu-west-1/)
})

test('growth is told month by month', () => {
  const tables = [table({ writes: [writes({ perMonth: 1_000_000_000 })] })]
  const { months } = estimated({ regions: ['us-east-1'], growth: { monthlyPercent: 10, months: 3 }, tables })
  expect(months.map(({ usd }) => cents(usd))).toEqual(['625.00', '687.50', '756.25'])
})

test('every problem of a file is told, with its place and what is allowed', () => {
  const input = {
    regions: ['us-east-1', 'Europe'],
    hoursPerMonth: 800,
    capacity: { mode: 'serverless' },
    colour: 'red',
    tables: [{ name: 'a', writes: [{ region: 'us-east-1', perSecond: -1 }] }, { writes: 3 }],
  }
  expect(problemsOf(input)).toEqual({
    'regions[1]': 'must be the name of an AWS Region, as in us-east-1',
    hoursPerMonth: 'must be <= 744',
    'capacity.mode': 'must be one of on-demand, provisioned',
    colour: expect.stringMatching(/^is not known here; allowed are name, prices, /) as string,
    'tables[0].writes[0].perSecond': 'must be >= 0',
    'tables[1].name': 'is missing',
    'tables[1].writes': 'must be array',
  })
})

test('what a schema cannot say is told too', () => {
  const input = {
    regions: ['us-east-1', 'us-west-2'],
    dailyCurves: { 'eu-west-1': 'flat' },
    dailyCurve: Array.from({ length: 24 }, () => 0),
    aurora: { instanceClass: 'r7g.large', primary: 'us-west-2', instances: { 'us-east-1': 1 } },
    tables: [
      {
        name: 'a',
        replicas: ['eu-west-1'],
        itemSizes: [{ bytes: 10, share: 0.5 }],
        items: 3,
        storedGb: 3,
        writes: [{ region: 'us-west-2', perSecond: 1, perMonth: 1 }],
        reads: [
          { region: 'every', index: 'none', perSecond: 1 },
          { region: 'every', index: 'by-city', consistency: 'strong', perSecond: 1 },
        ],
        indexes: [{ name: 'by-city' }],
      },
      { name: 'a', writes: [{ region: 'every' }] },
      {
        name: 'b',
        consistency: 'strong',
        itemBytes: 3,
        writes: [{ region: 'every', perSecond: 1, transactional: true }],
        timeToLive: { region: 'every', perSecond: 1 },
      },
      { name: 'c', witness: 'us-east-2' },
    ],
  }
  expect(Object.keys(problemsOf(input)).sort()).toEqual([
    'aurora.primary',
    'dailyCurve',
    'dailyCurves.eu-west-1',
    'tables[0].itemSizes',
    'tables[0].reads[0].index',
    'tables[0].reads[1].consistency',
    'tables[0].replicas[0]',
    'tables[0].storedGb',
    'tables[0].writes[0].perMonth',
    'tables[0].writes[0].region',
    'tables[1].name',
    'tables[1].writes[0].itemBytes',
    'tables[1].writes[0].perSecond',
    'tables[2].consistency',
    'tables[2].timeToLive',
    'tables[2].writes[0].transactional',
    'tables[3].witness',
  ])
})

test('a price that is missing is named, and nothing is half counted', () => {
  expect(problemsOf({ regions: ['eu-south-1'], tables: [table({ writes: [writes({ perSecond: 1, region: 'every' })] })] })).toEqual({
    regions: 'the price book aws-2024-11 has no price of write-request in eu-south-1; import one with `everywrite prices import`',
  })
  expect(problemsOf({ regions: ['us-east-1'], prices: 'mine', tables: [table({})] })).toEqual({
    prices: 'must be one of aws-2024-11, aws-before-2024-11',
  })
})

test('what is wrong with a variant is wrong with the file', () => {
  const problems = problemsOf({ regions: ['us-east-1'], tables: [table({})], variants: [{ name: 'x', change: { regions: null } }] })
  expect(problems).toEqual({ 'variants[0].change: regions': 'is missing' })
})
