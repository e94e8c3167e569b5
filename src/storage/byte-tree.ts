/**
 * A B+ tree from keys to values in the order of unsigned bytes, whose clones are copy-on-write: the memory of the memory store.
 *
 * The library is a CommonJS module that was compiled from an ES module; Node, tsx and vitest disagree on what its default
 * import is. They agree on `require`.
 */
import { createRequire } from 'node:module'
import type sortedBtree from 'sorted-btree'
import type { Key, Range, Value } from './store.ts'

const { default: BTree } = createRequire(import.meta.url)('sorted-btree') as typeof sortedBtree

export type ByteTree = sortedBtree.default<Key, Value>

const compareBytes = (a: Key, b: Key): number => Buffer.compare(a, b)

export function createByteTree(): ByteTree {
  return new BTree<Key, Value>(undefined, compareBytes)
}

/** The entries of a range, lazily, in its direction. */
export function* entriesOf(tree: ByteTree, { from, to, reverse }: Range): Generator<[Key, Value]> {
  // The library would look for the highest key of an empty tree.
  if (tree.isEmpty) return
  for (const entry of reverse ? tree.entriesReversed(to, undefined, true) : tree.entries(from)) {
    if (reverse ? compareBytes(entry[0], from) < 0 : compareBytes(entry[0], to) >= 0) return
    yield entry
  }
}
