/** A batch names each item once (text as observed on AWS; BatchGetItem's rule is not in its documentation). */
export const DUPLICATE_KEYS = 'Provided list of item keys contains duplicates'

export function hasDuplicates(itemKeys: readonly Uint8Array[]): boolean {
  return new Set(itemKeys.map((key) => Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1'))).size < itemKeys.length
}
