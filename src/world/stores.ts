import type { Store } from '../storage/store.ts'

/** Where the world's stores come from: one for each Region, so that a Region can crash and recover alone, and one for the world itself. */
export interface Stores {
  open(name: string): Promise<Store>
  /** Takes the store from under its Region, without a flush. Opening it again gives what was durable. */
  crash(name: string, store: Store): Promise<void>
  /** The Regions that have data. */
  regions(): Promise<readonly string[]>
}

/** The name of the world's own store. No Region is called so. */
export const worldStoreName = 'world'
