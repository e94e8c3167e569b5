import type { Entry, Key, PageLimit, Range, Snapshot } from './store.ts'

/** Reads a range to its end, page by page, from a store (each page of one moment) or from a snapshot. */
export async function* pagesOf(reader: Pick<Snapshot, 'page'>, range: Range, limit: PageLimit): AsyncGenerator<readonly Entry[]> {
  let rest = range
  for (;;) {
    const { entries, more } = await reader.page(rest, limit)
    yield entries
    const last = entries.at(-1)
    if (!more || last === undefined) return
    rest = restAfter(rest, last)
  }
}

/** What is left of a range behind the last entry of a page. */
export function restAfter(range: Range, last: Entry): Range {
  return range.reverse === true ? { ...range, to: last.key } : { ...range, from: keyAfter(last.key) }
}

/** The next key in order. */
export function keyAfter(key: Key): Key {
  const next = new Uint8Array(key.length + 1)
  next.set(key)
  return next
}
