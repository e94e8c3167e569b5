import { mkdir, mkdtemp, readdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bytesOf, describeObjectStore, keysOf, pieces } from '../transfer/object-store.contract.ts'
import type { ObjectStore } from '../transfer/object-store.ts'
import { openFolderObjectStore } from './folder-object-store.ts'

describeObjectStore('an object store in a folder', async () => (await makeStore()).store)

describe('an object store in a folder', () => {
  test('neither follows nor lists symbolic links, nor writes over them', async () => {
    const { root, store } = await makeStore()
    const outside = await mkdtemp(join(tmpdir(), 'everywrite-outside-'))
    await writeFile(join(outside, 'secret'), 'secret')
    await symlink(outside, join(root, 'first', 'folder'))
    await symlink(join(outside, 'secret'), join(root, 'first', 'file'))
    await symlink(outside, join(root, 'linked'))
    expect(await keysOf(store, 'first', '')).toEqual([])
    await expect(keysOf(store, 'first', 'folder/')).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    for (const key of ['folder/secret', 'file']) await expect(bytesOf(store, 'first', key)).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    await expect(store.write('first', 'folder/new', pieces())).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    expect(await store.hasBucket('linked')).toBe(false)
    await store.write('first', 'file', pieces(Buffer.from('new')))
    expect(await bytesOf(store, 'first', 'file')).toEqual(Buffer.from('new'))
    expect(await readdir(outside)).toEqual(['secret'])
  })

  test('a file where a folder is wanted, and the other way round, is refused', async () => {
    const { store } = await makeStore()
    await store.write('first', 'a/b', pieces())
    await expect(store.write('first', 'a/b/c', pieces())).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    await expect(store.write('first', 'a', pieces())).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    await expect(bytesOf(store, 'first', 'a')).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
  })

  test('drafts are no objects, and those of processes that were killed go', async () => {
    const { root, store } = await makeStore()
    await store.write('first', 'a', pieces())
    await writeFile(join(root, 'first', '.everywrite-drafts', 'left'), 'half')
    expect(await keysOf(store, 'first', '')).toEqual(['a'])
    await expect(bytesOf(store, 'first', '.everywrite-drafts/left')).rejects.toMatchObject({ code: 'NO_SUCH_KEY' })
    await expect(store.write('first', '.everywrite-drafts/left', pieces())).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    const drafts = join(root, 'first', '.everywrite-drafts')
    await writeFile(join(drafts, 'old'), 'half')
    await utimes(join(drafts, 'old'), 0, 0)
    await openFolderObjectStore(root)
    expect(await readdir(drafts)).toEqual(['left'])
  })
})

async function makeStore(): Promise<{ readonly root: string; readonly store: ObjectStore }> {
  const root = await mkdtemp(join(tmpdir(), 'everywrite-buckets-'))
  for (const bucket of ['first', 'second']) await mkdir(join(root, bucket))
  return { root, store: await openFolderObjectStore(root) }
}
