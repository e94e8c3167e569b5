import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLmdbStore } from './lmdb-store.ts'
import { storeModelContract } from './store-model.contract.ts'
import type { Subject } from './store.contract.ts'
import { storeContract } from './store.contract.ts'

async function openSubject(path: string): Promise<Subject> {
  const store = await openLmdbStore({ path })
  return {
    store,
    async crash() {
      await store.abandon()
      return openSubject(path)
    },
    async dispose() {
      await store.close()
      await rm(path, { recursive: true, force: true })
    },
  }
}

const openFresh = async (): Promise<Subject> => openSubject(await mkdtemp(join(tmpdir(), 'everywrite-lmdb-')))

storeContract('LMDB', openFresh)
storeModelContract('an LMDB store', openFresh, 100)
