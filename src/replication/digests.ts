import type { Scheduler } from '../base/scheduler.ts'
import { spaces, suffixOf } from '../engine/keyspace.ts'
import type { Key, Store } from '../storage/store.ts'
import type { Digest } from './digest.ts'
import { DigestTree } from './digest.ts'

/** The digests of one Region's tables, of those that somebody asked for since the Region was opened. */
export class Digests {
  readonly #treeByTable = new Map<number, DigestTree>()

  look(store: Store, scheduler: Scheduler, tableNumber: number): Promise<Digest> {
    let tree = this.#treeByTable.get(tableNumber)
    if (tree === undefined) this.#treeByTable.set(tableNumber, (tree = new DigestTree()))
    return tree.look(store, scheduler, tableNumber)
  }

  forget(tableNumber: number): void {
    this.#treeByTable.delete(tableNumber)
  }

  /** The same store, whose writes of items are marked, whoever makes them. */
  marking(store: Store): Store {
    return {
      transact: (keys, decide) =>
        store.transact(keys, (values) => {
          const decision = decide(values)
          if (this.#treeByTable.size > 0) for (const { key } of decision.writes) this.#mark(key)
          return decision
        }),
      get: (key) => store.get(key),
      getMany: (keys) => store.getMany(keys),
      page: (range, limit) => store.page(range, limit),
      snapshot: () => store.snapshot(),
      close: () => store.close(),
      failed: store.failed,
    }
  }

  #mark(key: Key): void {
    if (key[0] !== tableRow || key[5] !== spaces.items) return
    const number = Buffer.from(key.buffer, key.byteOffset, key.byteLength).readUInt32BE(1)
    this.#treeByTable.get(number)?.mark(suffixOf(key))
  }
}

/** How the keys of tables' rows begin. */
const tableRow = 0x01
