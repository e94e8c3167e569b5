import { describe, expect, test } from 'vitest'
import type { ObjectStore } from './object-store.ts'
import { ObjectStoreError } from './object-store.ts'

/** What every object store does. `make` gives one with the empty buckets `first` and `second`. */
export function describeObjectStore(name: string, make: () => Promise<ObjectStore>): void {
  describe(name, () => {
    test('has the buckets that there are, and no others', async () => {
      const store = await make()
      expect(await store.hasBucket('first')).toBe(true)
      for (const bucket of ['third', '..', '.', '', 'a', 'first/x', '../first', '/', 'first\0'])
        expect(await store.hasBucket(bucket)).toBe(false)
    })

    test('gives back what was written, of any size, and what replaced it', async () => {
      const store = await make()
      const large = Buffer.alloc(300_000, 'large ')
      await store.write('first', 'a/b/large', pieces(large.subarray(0, 100_000), large.subarray(100_000)))
      await store.write('first', 'a/empty', pieces())
      expect(large.equals(await bytesOf(store, 'first', 'a/b/large'))).toBe(true)
      expect(await bytesOf(store, 'first', 'a/empty')).toEqual(Buffer.alloc(0))
      await store.write('first', 'a/b/large', pieces(Buffer.from('small')))
      expect(await bytesOf(store, 'first', 'a/b/large')).toEqual(Buffer.from('small'))
    })

    test('lists the keys of one bucket that begin alike, in order', async () => {
      const store = await make()
      for (const key of ['data/2.json', 'data/1.json', 'data/sub/x', 'data2/x', 'data.bak', 'other'])
        await store.write('first', key, pieces())
      await store.write('second', 'data/elsewhere', pieces())
      expect(await keysOf(store, 'first', 'data')).toEqual(['data.bak', 'data/1.json', 'data/2.json', 'data/sub/x', 'data2/x'])
      expect(await keysOf(store, 'first', 'data/')).toEqual(['data/1.json', 'data/2.json', 'data/sub/x'])
      expect(await keysOf(store, 'first', 'data/1.json')).toEqual(['data/1.json'])
      expect(await keysOf(store, 'first', '')).toHaveLength(6)
      expect(await keysOf(store, 'first', 'none/of/these')).toEqual([])
    })

    test('says what is not there', async () => {
      const store = await make()
      await expect(bytesOf(store, 'first', 'nothing')).rejects.toMatchObject({ code: 'NO_SUCH_KEY' })
      await expect(bytesOf(store, 'first', 'no/thing')).rejects.toMatchObject({ code: 'NO_SUCH_KEY' })
      await expect(bytesOf(store, 'third', 'x')).rejects.toMatchObject({ code: 'NO_SUCH_BUCKET' })
      await expect(keysOf(store, 'third', '')).rejects.toMatchObject({ code: 'NO_SUCH_BUCKET' })
      await expect(store.write('third', 'x', pieces())).rejects.toMatchObject({ code: 'NO_SUCH_BUCKET' })
    })

    test('no key leads out of its bucket', async () => {
      const store = await make()
      await store.write('second', 'secret', pieces(Buffer.from('secret')))
      for (const key of ['../second/secret', 'a/../../second/secret', '/second/secret', './secret', 'a//b', 'a\\b', 'a\0b', 'a/', '']) {
        await expect(bytesOf(store, 'first', key)).rejects.toBeInstanceOf(ObjectStoreError)
        await expect(store.write('first', key, pieces())).rejects.toBeInstanceOf(ObjectStoreError)
      }
      for (const prefix of ['../second/', '..', '/', './']) expect(await keysOf(store, 'first', prefix)).toEqual([])
    })

    test('an object whose writing fails is not there, and one that it should have replaced stays', async () => {
      const store = await make()
      await store.write('first', 'kept', pieces(Buffer.from('old')))
      for (const key of ['kept', 'new']) await expect(store.write('first', key, failing())).rejects.toThrow('the source failed')
      expect(await bytesOf(store, 'first', 'kept')).toEqual(Buffer.from('old'))
      expect(await keysOf(store, 'first', '')).toEqual(['kept'])
    })
  })
}

export async function* pieces(...all: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const each of all) yield await Promise.resolve(each)
}

async function* failing(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.alloc(100_000))
  throw new Error('the source failed')
}

export async function bytesOf(store: ObjectStore, bucket: string, key: string): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of store.read(bucket, key)) all.push(piece)
  return Buffer.concat(all)
}

export async function keysOf(store: ObjectStore, bucket: string, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const key of store.list(bucket, prefix)) keys.push(key)
  return keys
}
