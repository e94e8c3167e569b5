import { chance, fraction, seededRandom } from '../base/random.ts'
import type { Random } from '../base/random.ts'
import type { Scheduler } from '../base/scheduler.ts'
import type { RegionEngine } from '../engine/region-engine.ts'
import type { Index, Table } from '../engine/table.ts'
import type { Store } from '../storage/store.ts'
import type { ReadFault } from './fault.ts'
import { StoreHistory } from './store-history.ts'

/**
 * The eventually consistent reads of one Region, in all accounts, that are to see the past. Nothing is kept and nothing is asked while there is no
 * such fault. What is read is a state that the store really had, so an index neither loses an order nor brings back what was deleted.
 */
export class LaggingReads {
  readonly #scheduler: Scheduler
  readonly #diceByFault = new Map<ReadFault, Random>()
  readonly #stores = new Set<LaggingStore>()

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  /** A store that was opened, until {@link LaggingStore.close}. */
  open(store: Store): LaggingStore {
    const history = new StoreHistory(store, this.#scheduler)
    let engine: RegionEngine | undefined
    const lagging: LaggingStore = {
      store: history.noticing(store),
      follow: async () => {
        const span = this.#span()
        if (span === undefined) {
          engine?.answerEventually(undefined)
          history.end()
          return
        }
        await history.keep(span)
        engine?.answerEventually((table, index) => {
          const ms = this.#lagMs(table, index)
          return ms === undefined ? undefined : history.ago(ms)
        })
      },
      serve: (opened) => {
        engine = opened
        return lagging.follow()
      },
      close: () => {
        this.#stores.delete(lagging)
        engine?.answerEventually(undefined)
        history.end()
      },
    }
    this.#stores.add(lagging)
    return lagging
  }

  /** Settles when it is in effect. */
  async add(fault: ReadFault): Promise<void> {
    this.#diceByFault.set(fault, seededRandom(fault.kind === 'stale' ? fault.seed : 0))
    await this.#follow()
  }

  async remove(fault: ReadFault): Promise<void> {
    this.#diceByFault.delete(fault)
    await this.#follow()
  }

  async #follow(): Promise<void> {
    await Promise.all([...this.#stores].map((each) => each.follow()))
  }

  #span(): { readonly ms: number; readonly shortestMs: number } | undefined {
    const spans = [...this.#diceByFault.keys()].map((fault) => fault.ms + (fault.kind === 'stale' ? fault.jitterMs : 0))
    return spans.length === 0 ? undefined : { ms: Math.max(...spans), shortestMs: Math.min(...spans) }
  }

  /** By how much this read lags; of several faults the longest counts. */
  #lagMs(table: Table, index: Index | undefined): number | undefined {
    let lagMs: number | undefined
    for (const [fault, dice] of this.#diceByFault) {
      if (fault.table !== undefined && fault.table !== table.name) continue
      const ms = fault.kind === 'stale' ? staleMs(fault, dice, index) : indexLagMs(fault, index)
      if (ms !== undefined) lagMs = Math.max(ms, lagMs ?? 0)
    }
    return lagMs
  }
}

/** One store of a Region whose reads may lag. */
export interface LaggingStore {
  /** The same store, through which all writes must go. */
  readonly store: Store
  /** Takes the engine's eventually consistent reads over when they are to lag. */
  serve(engine: RegionEngine): Promise<void>
  /** Brings it to the faults that there are now. */
  follow(): Promise<void>
  close(): void
}

/** A global index has a lag of its own; local ones go with their table. */
function staleMs(fault: ReadFault & { kind: 'stale' }, dice: Random, index: Index | undefined): number | undefined {
  if (index?.kind === 'global' || !chance(dice, fault.rate)) return undefined
  return fault.ms + fault.jitterMs * fraction(dice)
}

function indexLagMs(fault: ReadFault & { kind: 'index-lag' }, index: Index | undefined): number | undefined {
  if (index?.kind !== 'global' || (fault.index !== undefined && fault.index !== index.name)) return undefined
  return fault.ms
}
