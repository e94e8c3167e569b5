import type { Log } from '../base/log.ts'
import type { Table } from '../engine/table.ts'
import type { Store } from '../storage/store.ts'
import { spaceRange, spaces } from '../engine/keyspace.ts'
import type { Dot } from './dot.ts'
import { LedgerLimit } from './ledger-limit.ts'
import type { PolicyName } from './policy.ts'

/** What a replica knows of its own ledger without reading it: whether there is anything in it, and how much was added. */
export class ReplicaLedger {
  readonly #region: string
  readonly #table: Table
  readonly #log: Log
  readonly #limit: LedgerLimit
  #inUse: boolean

  private constructor(options: ReplicaLedgerOptions, inUse: boolean) {
    this.#region = options.region
    this.#table = options.table
    this.#log = options.log
    this.#limit = new LedgerLimit(options.store, options.table.number)
    this.#inUse = inUse
  }

  static async open(options: ReplicaLedgerOptions): Promise<ReplicaLedger> {
    const { store, table } = options
    const first = await store.page(spaceRange(table.number, spaces.ledger), { entriesMax: 1, bytesMax: 1 })
    return new ReplicaLedger(options, first.entries.length > 0)
  }

  /** False while there is no entry that a write could withdraw. */
  get inUse(): boolean {
    return this.#inUse
  }

  /** Some versions may be entered from now on: writes must look for what they withdraw. */
  begins(): void {
    this.#inUse = true
  }

  /** Versions were entered that had not lost before. */
  found(losses: number, policy: PolicyName): void {
    if (losses === 0) return
    this.#inUse = true
    this.#limit.found(losses)
    this.#log.info('conflicts-found', { region: this.#region, table: this.#table.name, policy, found: losses })
  }

  /** The replica was filled anew: these are all that it has. */
  filled(losses: number): void {
    this.#inUse = losses > 0
    this.#limit.found(losses)
  }

  /** Lets go of what is beyond the limit. Calls must not overlap. */
  enforceLimit(isStable: (dot: Dot) => boolean): Promise<void> {
    return this.#limit.enforce(isStable)
  }
}

export interface ReplicaLedgerOptions {
  readonly region: string
  readonly table: Table
  readonly store: Store
  readonly log: Log
}
