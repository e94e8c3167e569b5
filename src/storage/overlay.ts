/**
 * What is written and not in LMDB yet: the last write of each key, in the order of the keys.
 *
 * A B+ tree whose clones are copy-on-write, so a snapshot of it costs nothing by itself. Its keys are text of one character per byte,
 * which has the order of the bytes, and is compared and looked up in half of their time.
 */
import { createRequire } from 'node:module'
import type sortedBtree from 'sorted-btree'
import type { Key, Range, Write } from './store.ts'

// As in `byte-tree.ts`.
const { default: BTree } = createRequire(import.meta.url)('sorted-btree') as typeof sortedBtree

export class Overlay {
  readonly #writeByKey: sortedBtree.default<string, Write>

  constructor(writeByKey: sortedBtree.default<string, Write> = new BTree<string, Write>(undefined, compareText)) {
    this.#writeByKey = writeByKey
  }

  get size(): number {
    return this.#writeByKey.size
  }

  get(key: string): Write | undefined {
    return this.#writeByKey.get(key)
  }

  set(key: string, write: Write): void {
    this.#writeByKey.set(key, write)
  }

  add(writes: Iterable<Write>): void {
    for (const write of writes) this.set(textOf(write.key), write)
  }

  /** Stays as it is while this one changes. */
  clone(): Overlay {
    return new Overlay(this.#writeByKey.clone())
  }

  values(): IterableIterator<Write> {
    return this.#writeByKey.values()
  }

  hasAnyIn({ from, to }: Range): boolean {
    if (this.#writeByKey.isEmpty) return false
    const first = this.#writeByKey.getPairOrNextHigher(textOf(from))
    return first !== undefined && first[0] < textOf(to)
  }

  /** The writes of a range, lazily, in its direction. */
  *writesIn({ from, to, reverse }: Range): Generator<Write> {
    // The library would look for the highest key of an empty tree.
    if (this.#writeByKey.isEmpty) return
    const [low, high] = [textOf(from), textOf(to)]
    for (const [key, write] of reverse ? this.#writeByKey.entriesReversed(high, undefined, true) : this.#writeByKey.entries(low)) {
      if (reverse ? key < low : key >= high) return
      yield write
    }
  }
}

/** Sorted writes over others: where both have a key, the upper one counts. */
export function* laidOver(upper: Iterable<Write>, lower: Iterable<Write>, reverse = false): Generator<Write> {
  const uppers = upper[Symbol.iterator]()
  let above = uppers.next()
  for (const below of lower) {
    let order = 1
    while (above.done !== true && (order = compareKeys(above.value.key, below.key, reverse)) <= 0) {
      yield above.value
      above = uppers.next()
      if (order === 0) break
    }
    if (order !== 0) yield below
  }
  for (; above.done !== true; above = uppers.next()) yield above.value
}

export function textOf(key: Key): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function compareKeys(a: Key, b: Key, reverse: boolean): number {
  return reverse ? Buffer.compare(b, a) : Buffer.compare(a, b)
}
