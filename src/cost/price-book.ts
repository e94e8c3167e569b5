import type { Decimal } from './money.ts'
import { decimal } from './money.ts'

/**
 * Prices as data: by Region and meter, each with its source, and with a mark where no source is good enough. Prices are decimal strings, as in AWS's own
 * files, and are never rounded before the end of a sum.
 */
export interface PriceBook {
  readonly name: string
  readonly title: string
  /** Days, `YYYY-MM-DD`; where one is missing, the book is open on that side. */
  readonly validFrom?: string
  readonly validUntil?: string
  readonly currency: 'USD'
  readonly sources: Readonly<Record<string, string>>
  readonly savingsPlan?: SavingsPlan
  readonly reservedNote?: string
  /** What instances cost more in Aurora's configuration without charges for I/O. */
  readonly auroraIoOptimizedFactor?: string
  readonly reserved: Readonly<Record<string, Readonly<Record<ReservedTerm, ReservedPrices>>>>
  readonly regions: Readonly<Record<string, RegionPrices>>
}

export interface RegionPrices {
  /** How lines of a bill and of price lists name the Region. */
  readonly billPrefix: string
  readonly prices: Readonly<Record<string, Price>>
}

/** What one {@link unitsOf unit} of a meter costs. */
export interface Price {
  readonly usd: string
  /** A key of the book's `sources`. */
  readonly source: string
  /** Why it is not certain; it is shown with every amount that rests on it. */
  readonly unconfirmed?: string
  /** Units of each month that cost nothing where the free tier applies (unit-hours, GB, requests). */
  readonly freeUpTo?: string
}

export interface SavingsPlan {
  readonly onDemand: string
  readonly provisioned: string
  readonly source: string
  readonly unconfirmed?: string
}

export type ReservedTerm = '1y' | '3y'

/** Per 100 units. */
export interface ReservedPrices {
  readonly write: { readonly upfront: string; readonly hourly: string }
  readonly read: { readonly upfront: string; readonly hourly: string }
}

/** Meters of DynamoDB that have a variant for the table class Standard-IA, with the prefix `ia-`. */
export const classMeters = [
  'write-request',
  'read-request',
  'replicated-write-request',
  'write-hour',
  'read-hour',
  'replicated-write-hour',
  'storage',
] as const
export type ClassMeter = (typeof classMeters)[number]

export const plainMeters = [
  'stream-read',
  'recovery-storage',
  'backup-storage',
  'restore',
  'kinesis-change',
  'export',
  'import',
  'transfer-out',
  'aurora-acu-hour',
  'aurora-storage',
  'aurora-storage-io-optimized',
  'aurora-io',
  'aurora-replicated-io',
  'aurora-backup',
  'dsql-dpu',
  'dsql-storage',
] as const

/** What is counted. `aurora-instance/CLASS` is an hour of one instance; `transfer-out/REGION` a price for one destination. */
export type Meter = ClassMeter | `ia-${ClassMeter}` | (typeof plainMeters)[number] | `aurora-instance/${string}` | `transfer-out/${string}`

export interface Units {
  /** How many of what is counted one price is for. */
  readonly per: Decimal
  readonly unit: string
}

const million = decimal(1_000_000)
const single = decimal(1)

/** For how much of a meter a price is. */
export function unitsOf(meter: Meter): Units {
  if (meter.endsWith('-request') || meter === 'stream-read' || meter === 'kinesis-change') return { per: million, unit: 'million requests' }
  if (meter === 'aurora-io' || meter === 'aurora-replicated-io') return { per: million, unit: 'million I/Os' }
  if (meter === 'dsql-dpu') return { per: million, unit: 'million DPUs' }
  if (meter.endsWith('-hour') || meter.startsWith('aurora-instance/')) return { per: single, unit: 'unit-hour' }
  if (meter.endsWith('storage') || meter === 'aurora-storage-io-optimized' || meter === 'aurora-backup')
    return { per: single, unit: 'GB-month' }
  return { per: single, unit: 'GB' }
}

/** Undefined: the book does not know. */
export function priceOf(book: PriceBook, region: string, meter: Meter): Price | undefined {
  const prices = Object.hasOwn(book.regions, region) ? book.regions[region]?.prices : undefined
  return prices !== undefined && Object.hasOwn(prices, meter) ? prices[meter] : undefined
}

/** From one Region into another: the price of that pair, else that of the source. */
export function transferPrice(book: PriceBook, from: string, to: string): { readonly meter: Meter; readonly price: Price } | undefined {
  for (const meter of [`transfer-out/${to}`, 'transfer-out'] as const) {
    const price = priceOf(book, from, meter)
    if (price !== undefined) return { meter, price }
  }
  return undefined
}

/** How many prices a book has, and of how many it is not certain. */
export function extentOf({ regions }: PriceBook): { readonly regions: number; readonly prices: number; readonly unconfirmed: number } {
  const all = Object.values(regions).flatMap(({ prices }) => Object.values(prices))
  return {
    regions: Object.keys(regions).length,
    prices: all.length,
    unconfirmed: all.filter(({ unconfirmed }) => unconfirmed !== undefined).length,
  }
}
