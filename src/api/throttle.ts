import { BoundedCache } from '../base/bounded-cache.ts'
import { TokenBucket } from '../cost/token-bucket.ts'
import type { CapacityKind, Consumption } from '../engine/consumption.ts'
import type { Index, Table } from '../engine/table.ts'
import { tableArn } from './operations/arn.ts'
import type { Tally } from './tally.ts'
import type { WireError } from './wire-error.ts'
import { throughputExceeded } from './wire-error.ts'

/**
 * Throughput that is used up refuses requests: what is provisioned for a table and for each of its global indexes, or the maximum that was set
 * for one on demand, in each Region by itself. A table on demand without a maximum is not looked at further.
 *
 * A request is let in while something is left and is charged when its units are known, as burst capacity makes DynamoDB do.
 */
export class Throttle {
  readonly #enforced: boolean
  readonly #consumption: Consumption | undefined
  readonly #bucketByName = new BoundedCache<string, { readonly bucket: TokenBucket; rate: number }>(bucketsMax)

  /**
   * @param enforced false: nobody is refused; what is consumed of tables that are scaled is counted all the same
   * @param consumption where that is counted
   */
  constructor(enforced: boolean, consumption: Consumption | undefined) {
    this.#enforced = enforced
    this.#consumption = consumption
  }

  /** The limits of a table; undefined when it has none. */
  limitsOf(region: string, table: Table, nowMs: number, tally?: Tally): TableLimits | undefined {
    const consumption = table.settings.autoScaling === undefined ? undefined : this.#consumption
    if (!(this.#enforced && isLimited(table)) && consumption === undefined) return undefined
    const bucketOf: BucketOf | undefined = this.#enforced ? (name, rate, burstS) => this.#bucket(name, rate, burstS, nowMs) : undefined
    return new TableLimits({ region, table, bucketOf, consumption, nowMs, tally })
  }

  #bucket(name: string, rate: number, burstS: number, nowMs: number): TokenBucket {
    let known = this.#bucketByName.get(name)
    if (known === undefined) {
      known = { bucket: new TokenBucket(rate, burstS, nowMs), rate }
      this.#bucketByName.set(name, known)
    }
    if (known.rate !== rate) known.bucket.setRate(rate, nowMs)
    known.rate = rate
    return known.bucket
  }
}

/** The limits that one request meets. */
export class TableLimits {
  readonly #region: string
  readonly #table: Table
  /** Undefined: nobody is refused. */
  readonly #bucketOf: BucketOf | undefined
  readonly #consumption: Consumption | undefined
  readonly #nowMs: number
  readonly #tally: Tally | undefined

  constructor(parts: {
    region: string
    table: Table
    bucketOf: BucketOf | undefined
    consumption: Consumption | undefined
    nowMs: number
    tally: Tally | undefined
  }) {
    this.#region = parts.region
    this.#table = parts.table
    this.#bucketOf = parts.bucketOf
    this.#consumption = parts.consumption
    this.#nowMs = parts.nowMs
    this.#tally = parts.tally
  }

  /** Why a request is not let in. A write needs the capacity of every global index too; a read that of what it reads. */
  refusal(kind: CapacityKind, index?: Index): WireError | undefined {
    const metered = index?.kind === 'global' ? [index] : kind === 'write' ? [undefined, ...this.#globalIndexes()] : [undefined]
    for (const each of metered) {
      const limit = limitOf(this.#table, each, kind)
      if (limit === undefined || (this.#bucket(limit, kind, each)?.admits(this.#nowMs) ?? true)) continue
      this.#tally?.throttled.push({ region: this.#region, table: this.#table, kind, index: each, onDemand: limit.onDemand })
      const arn = tableArn(this.#region, this.#table.name)
      return throughputExceeded({
        kind,
        index: each?.name,
        onDemand: limit.onDemand,
        arn: each === undefined ? arn : `${arn}/index/${each.name}`,
      })
    }
    return undefined
  }

  /** Local indexes take from their table. */
  charge(kind: CapacityKind, units: { readonly table: number; readonly indexes: ReadonlyMap<Index, number> }): void {
    let ofTable = units.table
    for (const [index, consumed] of units.indexes) {
      if (index.kind === 'local') ofTable += consumed
      else this.#take(kind, index, consumed)
    }
    this.#take(kind, undefined, ofTable)
  }

  #take(kind: CapacityKind, index: Index | undefined, units: number): void {
    const limit = limitOf(this.#table, index, kind)
    if (limit !== undefined && units > 0) this.#bucket(limit, kind, index)?.take(units)
    if (units > 0) this.#consumption?.add(this.#table, kind, index?.name, units)
  }

  #bucket({ rate, onDemand }: Limit, kind: CapacityKind, index: Index | undefined): TokenBucket | undefined {
    return this.#bucketOf?.(`${this.#table.id}/${kind}/${index?.number ?? 0}/${onDemand}`, rate, onDemand ? 1 : burstS)
  }

  #globalIndexes(): readonly Index[] {
    return this.#table.indexes.filter(({ kind, status }) => kind === 'global' && status !== 'DELETING')
  }
}

type BucketOf = (name: string, rate: number, burstS: number) => TokenBucket

interface Limit {
  /** Units per second. */
  readonly rate: number
  readonly onDemand: boolean
}

const bucketsMax = 100_000
const burstS = 300

function isLimited({ settings, indexes }: Table): boolean {
  return settings.billing.mode === 'PROVISIONED' || settings.onDemandMaximum !== undefined || indexes.some(hasMaximum)
}

function hasMaximum({ onDemandMaximum }: Index): boolean {
  return onDemandMaximum !== undefined
}

function limitOf({ settings }: Table, index: Index | undefined, kind: CapacityKind): Limit | undefined {
  const { billing } = settings
  const member = kind === 'read' ? 'readUnits' : 'writeUnits'
  if (billing.mode === 'PROVISIONED') {
    const rate = (index === undefined ? billing : (index.throughput ?? billing))[member]
    return { rate, onDemand: false }
  }
  const rate = (index === undefined ? settings.onDemandMaximum : index.onDemandMaximum)?.[member]
  return rate === undefined ? undefined : { rate, onDemand: true }
}
