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
  return {
    async open(name: string): Promise<Store> {
      let store = storeByName.get(name)
      if (store === undefined) {
        store = createMemoryStore(options)
        storeByName.set(name, store)
      }
      return store
    },
    async crash(name: string): Promise<void> {
      const store = storeByName.get(name)
      if (store !== undefined) storeByName.set(name, store.crash(options.underWay?.() ?? 'lost'))
    },
    async regions(): Promise<readonly string[]> {
      return [...storeByName.keys()].filter((name) => name !== worldStoreName)
    },
  }
}
