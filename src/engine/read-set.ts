import type { Key, Value } from '../storage/store.ts'

/** The keys that a transaction reads, without repetition, and afterwards what was read. */
export class ReadSet {
  readonly keys: Key[] = []
  readonly #indexByName = new Map<string, number>()

  add(key: Key): void {
    const name = nameOf(key)
    if (this.#indexByName.has(name)) return
    this.#indexByName.set(name, this.keys.length)
    this.keys.push(key)
  }

  addAll(keys: Iterable<Key>): void {
    for (const key of keys) this.add(key)
  }

  has(key: Key): boolean {
    return this.#indexByName.has(nameOf(key))
  }

  /** Finds each key's value among those that the store handed over, which are in the order of {@link keys}. */
  reader(values: readonly (Value | undefined)[]): (key: Key) => Value | undefined {
    return (key) => values[this.#indexByName.get(nameOf(key)) ?? -1]
  }
}

/** A key as the name of a map's entry: one character per byte. */
export function nameOf(key: Key): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
}
