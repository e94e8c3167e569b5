/**
 * What both embedded stores hold their callers to: the sizes of keys, and the limits of a page.
 */
import { assert } from '../base/assert.ts'
import type { Key, PageLimit, Range, Write } from './store.ts'
import { KEY_BYTES_MAX } from './store.ts'

export function assertKey(key: Key): void {
  assert(key.length > 0 && key.length <= KEY_BYTES_MAX, `a key of ${key.length} bytes`)
}

/** Called before the first write of a transaction is applied, so that a bad one leaves no half of it behind. */
export function assertWrites(writes: readonly Write[]): void {
  for (const { key, value } of writes) {
    assertKey(key)
    assert(value === undefined || value instanceof Uint8Array, 'a value that is not bytes')
  }
}

/** The successor of a key of full size is one byte longer than any key, and a proper bound. */
export function assertPage(range: Range, limit: PageLimit): void {
  assert(range.from.length <= KEY_BYTES_MAX + 1 && range.to.length <= KEY_BYTES_MAX + 1, 'a bound longer than the successor of any key')
  assert(limit.entriesMax >= 1, `a page of at most ${limit.entriesMax} entries`)
}
