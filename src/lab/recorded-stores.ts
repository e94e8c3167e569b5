import type { ReplicaRow } from '../replication/replica-row.ts'
import { decodeReplicaRow } from '../replication/replica-row.ts'
import { replicaRowKey } from '../replication/rows.ts'
import type { Decision, Key, Store, Value } from '../storage/store.ts'
import type { Stores } from '../world/stores.ts'
import { worldStoreName } from '../world/stores.ts'
import type { Commit, WriteLog } from './write-log.ts'

/** The stores of a world, with every commit, flush and crash of a Region told to the write log. */
export function recordedStores(inner: Stores, log: WriteLog, crashed: (store: string, lost: number) => void): Stores {
  const recordedByName = new Map<string, Store>()
  return {
    async open(name) {
      const store = await inner.open(name)
      const recorded = name === worldStoreName ? store : recordedStore(name, store, log)
      recordedByName.set(name, store)
      return recorded
    },
    async crash(name, store) {
      await inner.crash(name, recordedByName.get(name) ?? store)
      if (name === worldStoreName) return
      const survivor = await inner.open(name)
      const rowOf = async (table: number): Promise<ReplicaRow | undefined> => {
        const encoded = await survivor.get(replicaRowKey(table))
        return encoded === undefined ? undefined : decodeReplicaRow(encoded)
      }
      crashed(name, await log.crashed(name, rowOf))
    },
    regions: () => inner.regions(),
  }
}

function recordedStore(name: string, inner: Store, log: WriteLog): Store {
  return withTransact(inner, async (keys, decide) => {
    let commit: Commit | undefined
    const result = await inner.transact(keys, (values) => {
      log.beginDecision()
      const decision = decide(values)
      commit = log.decided(name, keys, values, decision.writes)
      return decision
    })
    if (commit !== undefined) log.flushed(commit)
    return result
  })
}

/** The same store with another way to commit. */
export function withTransact(inner: Store, transact: Transact): Store {
  return {
    transact,
    get: (key) => inner.get(key),
    getMany: (keys) => inner.getMany(keys),
    page: (range, limit) => inner.page(range, limit),
    snapshot: () => inner.snapshot(),
    close: () => inner.close(),
    failed: inner.failed,
  }
}

export type Transact = <T>(keys: readonly Key[], decide: (values: readonly (Value | undefined)[]) => Decision<T>) => Promise<T>
