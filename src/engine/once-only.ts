import { pagesOf } from '../storage/pages.ts'
import type { Key, Store, Value, Write } from '../storage/store.ts'
import { tokenKey, tokens } from './keyspace.ts'

/**
 * A transaction with a token is carried out once, however often a client sends it: within ten minutes of having been carried out the
 * same token with the same content changes nothing, with other content it is refused (API reference, TransactWriteItems).
 *
 * A row is `atMs(6) fingerprint`.
 */
export interface OnceOnly {
  readonly key: Key
  /** Digest of what is asked for. */
  readonly fingerprint: Uint8Array
  readonly nowMs: number
}

export const TOKEN_LIFETIME_MS = 10 * 60 * 1000

export function onceOnly(token: Uint8Array, fingerprint: Uint8Array, nowMs: number): OnceOnly {
  return { key: tokenKey(token), fingerprint, nowMs }
}

/** What a token's row says of a transaction that comes with it; undefined when it is to be carried out. */
export function judgeToken(row: Value | undefined, { fingerprint, nowMs }: OnceOnly): 'repeated' | 'mismatch' | undefined {
  if (row === undefined || isOutlived(row, nowMs)) return undefined
  return Buffer.compare(row.subarray(6), fingerprint) === 0 ? 'repeated' : 'mismatch'
}

export function tokenWrite({ key, fingerprint, nowMs }: OnceOnly): Write {
  const value = Buffer.allocUnsafe(6 + fingerprint.length)
  value.writeUIntBE(nowMs, 0, 6)
  value.set(fingerprint, 6)
  return { key, value }
}

function isOutlived(row: Value, nowMs: number): boolean {
  const atMs = Buffer.from(row.buffer, row.byteOffset, row.byteLength).readUIntBE(0, 6)
  return nowMs - atMs > TOKEN_LIFETIME_MS
}

/** Removes the rows of tokens that say nothing any more. One that is used again meanwhile is younger, and stays. */
export async function removeOutlivedTokens(store: Store, nowMs: number): Promise<void> {
  for await (const page of pagesOf(store, tokens, { entriesMax: 1000, bytesMax: 1 << 20 })) {
    const keys = page.filter(({ value }) => isOutlived(value, nowMs)).map(({ key }) => key)
    if (keys.length === 0) continue
    await store.transact(keys, (rows) => {
      const writes = keys.flatMap((key, at): Write[] => {
        const row = rows[at]
        return row !== undefined && isOutlived(row, nowMs) ? [{ key, value: undefined }] : []
      })
      return { writes, result: undefined }
    })
  }
}
