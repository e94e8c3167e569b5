import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { systemRandom } from '../base/system-random.ts'
import { systemTime } from '../base/system-time.ts'
import type { LmdbStore } from '../storage/lmdb-store.ts'
import { openLmdbStore } from '../storage/lmdb-store.ts'
import type { Store, StoreFailed } from '../storage/store.ts'
import { StoreDamaged } from '../storage/store.ts'
import type { Stores } from '../world/stores.ts'
import { worldStoreName } from '../world/stores.ts'
import { OperatorError, codeOf } from './operator-error.ts'
import { storeFileDamage } from './store-file.ts'

/**
 * One LMDB environment per Region and one for the world, in a data folder.
 * @param onFailure hears of a store that cannot go on
 */
export function createLmdbStores(folder: string, onFailure: (name: string, failure: StoreFailed) => void): Stores {
  const storeByName = new Map<string, LmdbStore>()
  const regions = join(folder, 'regions')
  return {
    async open(name: string): Promise<Store> {
      const path = name === worldStoreName ? join(folder, worldStoreName) : join(regions, name)
      const file = join(path, 'data.mdb')
      const damage = await storeFileDamage(file)
      if (damage !== undefined)
        throw new OperatorError('STORE_DAMAGED', `The file ${file} ${damage}; it is left alone; put a copy of ${path} in its place.`)
      const store = await openLmdbStore({ path, scheduler: systemTime, random: systemRandom }).catch(tellDamage)
      storeByName.set(name, store)
      void store.failed.then((failure) => onFailure(name, failure))
      return store
    },
    async crash(name: string): Promise<void> {
      await storeByName.get(name)?.abandon()
    },
    async regions(): Promise<readonly string[]> {
      try {
        return (await readdir(regions)).sort()
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return []
        throw error
      }
    },
  }
}

function tellDamage(error: unknown): never {
  if (!(error instanceof StoreDamaged)) throw error
  const { file, damage } = error
  throw new OperatorError('STORE_DAMAGED', `The file ${file} ${damage}; it is left alone; put a copy of ${dirname(file)} in its place.`, {
    cause: error,
  })
}
