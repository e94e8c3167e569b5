import type { Refusal } from '../engine/refusal.ts'
import { isRefusal } from '../engine/refusal.ts'
import { pagesOf } from '../storage/pages.ts'
import type { Store } from '../storage/store.ts'
import { afterPrefix } from '../storage/store.ts'
import type { GlobalTable } from './global-table.ts'
import { completeGlobalTable } from './global-table.ts'

/**
 * The world's durable list of global tables, in its own store. A change is decided here before any Region hears of it, and changes happen one
 * after the other: epochs are totally ordered [REP-31].
 */
export class Registry {
  readonly #store: Store
  readonly #tableById: Map<string, GlobalTable>
  #changes: Promise<void> = Promise.resolve()

  /** How often this world was opened. */
  readonly starts: number

  private constructor(store: Store, tables: readonly GlobalTable[], starts: number) {
    this.#store = store
    this.starts = starts
    this.#tableById = new Map(tables.map((table) => [table.globalId, table]))
  }

  static async open(store: Store): Promise<Registry> {
    const tables: GlobalTable[] = []
    const range = { from: prefix, to: afterPrefix(prefix) }
    for await (const page of pagesOf(store, range, { entriesMax: 500, bytesMax: 4 << 20 })) {
      for (const { value } of page) {
        tables.push(completeGlobalTable(JSON.parse(Buffer.from(value).toString('utf8')) as GlobalTable))
      }
    }
    return new Registry(store, tables, await countStart(store))
  }

  get(globalId: string): GlobalTable | undefined {
    return this.#tableById.get(globalId)
  }

  tables(): readonly GlobalTable[] {
    return [...this.#tableById.values()]
  }

  /**
   * Changes a record as `change` says, or refuses to; undefined leaves it as it is. What it sees is what it changes. Settles when that is durable.
   */
  decide<T extends GlobalTable | Refusal | undefined>(globalId: string, change: (table: GlobalTable | undefined) => T): Promise<T> {
    return this.inOrder(async () => {
      const decided = change(this.#tableById.get(globalId))
      if (decided !== undefined && !isRefusal(decided)) await this.#put(decided)
      return decided
    })
  }

  /** Changes a record that exists; the same one leaves it as it is, undefined removes it. */
  change(globalId: string, change: (table: GlobalTable) => GlobalTable | undefined): Promise<void> {
    return this.inOrder(async () => {
      const table = this.#tableById.get(globalId)
      if (table === undefined) return
      const changed = change(table)
      if (changed === undefined) await this.#remove(globalId)
      else if (changed !== table) await this.#put(changed)
    })
  }

  /** Does something while no record changes. It must not wait for a change. */
  inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#changes.then(work)
    this.#changes = done.then(
      () => undefined,
      () => undefined, // whoever asked for it hears of it
    )
    return done
  }

  /** Removes the record of a table after `drop`, without another change in between. `drop` may refuse. */
  removeAfter<T>(globalId: string, drop: (table: GlobalTable | undefined) => Promise<T | Refusal>): Promise<T | Refusal> {
    return this.inOrder(async () => {
      const dropped = await drop(this.#tableById.get(globalId))
      if (!isRefusal(dropped) && this.#tableById.has(globalId)) await this.#remove(globalId)
      return dropped
    })
  }

  /** Ends when the changes that were asked for have ended. */
  async close(): Promise<void> {
    await this.#changes
    await this.#store.close()
  }

  async #put(table: GlobalTable): Promise<void> {
    const value = Buffer.from(JSON.stringify(table), 'utf8')
    await this.#store.transact([], () => ({ writes: [{ key: keyOf(table.globalId), value }], result: undefined }))
    this.#tableById.set(table.globalId, table)
  }

  async #remove(globalId: string): Promise<void> {
    await this.#store.transact([], () => ({ writes: [{ key: keyOf(globalId), value: undefined }], result: undefined }))
    this.#tableById.delete(globalId)
  }
}

/** Durable before anything is done in this start, so no two have one number. */
function countStart(store: Store): Promise<number> {
  return store.transact([startsKey], ([row]) => {
    const starts = row === undefined ? 1 : Buffer.from(row).readUInt32BE() + 1
    const value = Buffer.alloc(4)
    value.writeUInt32BE(starts)
    return { writes: [{ key: startsKey, value }], result: starts }
  })
}

/** In the world's store: `00` how often it was opened, `01` global tables, `02` functions (`function-registry.ts`). */
const prefix: Uint8Array = Uint8Array.of(0x01)
const startsKey: Uint8Array = Uint8Array.of(0x00)

function keyOf(globalId: string): Uint8Array {
  return Buffer.concat([prefix, Buffer.from(globalId, 'utf8')])
}
