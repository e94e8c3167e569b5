import type { ObjectStore } from './object-store.ts'
import { isBucketName, keyProblem, ObjectStoreError } from './object-store.ts'

/** Buckets in memory, for tests. */
export interface MemoryObjectStore extends ObjectStore {
  readonly objects: Map<string, Uint8Array>
}

export function createMemoryObjectStore(...buckets: readonly string[]): MemoryObjectStore {
  const objects = new Map<string, Uint8Array>()
  const has = (bucket: string): boolean => isBucketName(bucket) && buckets.includes(bucket)
  const assertBucket = (bucket: string): void => {
    if (!has(bucket)) throw new ObjectStoreError('NO_SUCH_BUCKET', 'The specified bucket does not exist')
  }
  return {
    objects,
    hasBucket: (bucket) => Promise.resolve(has(bucket)),
    async *list(bucket, prefix) {
      assertBucket(bucket)
      const keys = [...objects.keys()].filter((name) => name.startsWith(`${bucket}/${prefix}`)).map((name) => name.slice(bucket.length + 1))
      yield* await Promise.resolve(keys.sort())
    },
    async *read(bucket, key) {
      assertBucket(bucket)
      const bytes = keyProblem(key) === undefined ? objects.get(`${bucket}/${key}`) : undefined
      if (bytes === undefined) throw new ObjectStoreError('NO_SUCH_KEY', 'The specified key does not exist.')
      // In small pieces, so that whoever reads must put them together.
      for (let at = 0; at < bytes.length; at += pieceBytes) yield await Promise.resolve(bytes.subarray(at, at + pieceBytes))
    },
    async write(bucket, key, content) {
      assertBucket(bucket)
      const problem = keyProblem(key)
      if (problem !== undefined) throw new ObjectStoreError('ACCESS_DENIED', problem)
      const pieces: Uint8Array[] = []
      for await (const piece of content) pieces.push(Uint8Array.from(piece))
      objects.set(`${bucket}/${key}`, Buffer.concat(pieces))
    },
  }
}

const pieceBytes = 1000
