import type { Decimal } from './money.ts'
import { decimal } from './money.ts'
import type { Meter } from './price-book.ts'

/** What a month uses, before any price: made from a workload somebody describes or from what a running world measured. */
export interface Usage {
  readonly region: string
  readonly table: string
  /** Undefined: the table itself, with its local indexes. */
  readonly index?: string | undefined
  readonly cause: Cause
  readonly work: Throughput | Amount
}

/** Why something is on the bill. */
export type Cause =
  | 'writes'
  | 'replicated writes'
  | 'failed conditional writes'
  | 'expired items replicated'
  | 'index writes'
  | 'reads'
  | 'storage'
  | 'recovery'
  | 'backups'
  | 'restores'
  | 'stream reads'
  | 'Kinesis records'
  | 'transfer'
  | 'instances'
  | 'input and output'
  | 'replicated input and output'
  | 'statements'
  | 'replicated statements'
  | 'free tier'
  | 'savings plan'
  | 'reserved capacity'

/** Work that is either paid by request or provisioned by the hour. */
export interface Throughput {
  readonly kind: 'write' | 'replicated-write' | 'read'
  readonly infrequentAccess: boolean
  readonly unitsPerMonth: Decimal
  /** How each hour of a day compares with the mean: 24 factors whose mean is 1. */
  readonly curve: Curve
}

export type Curve = readonly Decimal[]

export interface Amount {
  readonly meter: Meter
  /** Of what the meter counts: requests, GB, hours. */
  readonly quantity: Decimal
}

export const hoursPerDay = 24

export const flatCurve: Curve = Array.from({ length: hoursPerDay }, () => decimal(1))

export function isThroughput(work: Usage['work']): work is Throughput {
  return 'unitsPerMonth' in work
}
