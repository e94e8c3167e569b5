import { pagesOf } from '../storage/pages.ts'
import type { Entry, Range, Store } from '../storage/store.ts'
import type { Stores } from './stores.ts'

/**
 * Stores whose disks can be set back to an older copy, as by whoever restores a folder from a backup: for the simulator and for tests. What is copied
 * is flushed; the copy takes the place of what there is at the next opening.
 */
export interface OlderCopies extends Stores {
  /** Copies what a store that is open holds now, in place of an earlier copy. */
  copy(name: string): Promise<void>
  hasCopy(name: string): boolean
  /** The next opening finds the copy; without one, an empty disk. */
  setBack(name: string): void
}

export function olderCopies(inner: Stores): OlderCopies {
  const storeByName = new Map<string, Store>()
  const copyByName = new Map<string, readonly Entry[]>()
  const isSetBack = new Set<string>()
  return {
    async open(name) {
      const store = await inner.open(name)
      storeByName.set(name, store)
      if (isSetBack.delete(name)) await replace(store, copyByName.get(name) ?? [])
      return store
    },
    crash: (name, store) => inner.crash(name, store),
    regions: () => inner.regions(),
    async copy(name) {
      const store = storeByName.get(name)
      if (store !== undefined) copyByName.set(name, await entriesOf(store))
    },
    hasCopy: (name) => copyByName.has(name),
    setBack(name) {
      isSetBack.add(name)
    },
  }
}

async function replace(store: Store, entries: readonly Entry[]): Promise<void> {
  const gone = (await entriesOf(store)).map(({ key }) => ({ key, value: undefined }))
  await store.transact([], () => ({ writes: [...gone, ...entries], result: undefined }))
}

async function entriesOf(store: Store): Promise<readonly Entry[]> {
  const snapshot = await store.snapshot()
  try {
    const entries: Entry[] = []
    for await (const page of pagesOf(snapshot, everything, { entriesMax: 1000, bytesMax: 1 << 22 })) entries.push(...page)
    return entries
  } finally {
    snapshot.close()
  }
}

const everything: Range = { from: new Uint8Array(0), to: Uint8Array.of(0xff) }
