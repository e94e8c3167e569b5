import type { Scheduler } from '../base/scheduler.ts'
import type { MemoryStore } from '../storage/memory-store.ts'
import { createMemoryStore } from '../storage/memory-store.ts'
import type { Store } from '../storage/store.ts'
import type { Stores } from './stores.ts'
import { worldStoreName } from './stores.ts'

/** Stores that live in this process: for `--memory`, and for the simulator, where a crash loses what was not flushed. */
export function createMemoryStores(options: {
  scheduler: Scheduler
  flushDelayMs?: () => number
  /** What becomes of a flush that a crash interrupts. */
  underWay?: () => 'lost' | 'landed'
}): Stores {
  const storeByName = new Map<string, MemoryStore>()
  const inUse = new Set<MemoryStore>()
  return {
    /** A store that was closed is opened again on what it held, as a file would be. */
    async open(name: string): Promise<Store> {
      let store = storeByName.get(name)
      if (store === undefined) store = createMemoryStore(options)
      else if (inUse.delete(store)) store = store.crash('landed')
      storeByName.set(name, store)
      inUse.add(store)
      return store
    },
    async crash(name: string): Promise<void> {
      const store = storeByName.get(name)
      if (store === undefined) return
      inUse.delete(store)
      storeByName.set(name, store.crash(options.underWay?.() ?? 'lost'))
    },
    async regions(): Promise<readonly string[]> {
      return [...storeByName.keys()].filter((name) => name !== worldStoreName)
    },
  }
}
