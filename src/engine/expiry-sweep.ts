import { pagesOf } from '../storage/pages.ts'
import { expiredSuffixes, isExpired } from './expiry.ts'
import { setBytes } from './index-entry.ts'
import { spaceRange, spaces } from './keyspace.ts'
import type { RegionEngine } from './region-engine.ts'
import type { Table } from './table.ts'
import { servesItems } from './table.ts'

/**
 * Deletes what has expired, each item judged again as it is then. An item that another Region wrote is left to that Region for a while, so
 * that not every Region deletes it [REP-40].
 *
 * @returns how many were deleted
 */
export async function sweepExpired(engine: RegionEngine, table: Table): Promise<number> {
  const { expiry } = table
  if (expiry?.status !== 'ENABLED' || !servesItems(table)) return 0
  const nowMs = engine.clock.nowMs()
  const { from, to } = expiredSuffixes(nowMs)
  const set = setBytes(expiry.number)
  const range = spaceRange(table.number, spaces.derived, Buffer.concat([set, from]), Buffer.concat([set, to]))
  let deleted = 0
  for await (const page of pagesOf(engine.store, range, sweptPage)) {
    if (!isFollowed(engine, table)) break
    const itemKeys = page.map(({ value }) => value)
    const deletions = itemKeys.map((itemKey) => deleteExpired(engine, table, itemKey, expiry.attribute, nowMs))
    for (const done of await Promise.all(deletions)) if (done) deleted++
  }
  return deleted
}

/** Expiry may have been switched off, or follow another attribute, since this sweep began. */
function isFollowed(engine: RegionEngine, table: Table): boolean {
  const now = engine.current(table)?.expiry
  return now?.number === table.expiry?.number && now?.status === 'ENABLED'
}

async function deleteExpired(engine: RegionEngine, table: Table, itemKey: Uint8Array, attribute: string, nowMs: number): Promise<boolean> {
  const outcome = await engine.write(
    table,
    itemKey,
    (before, cell) => {
      // Whoever wrote what would be deleted counts, and that may have come from another Region a moment ago.
      const ours = cell !== undefined && engine.versioning.writtenIn(cell) === engine.region
      return before !== undefined && isFollowed(engine, table) && isExpired(attribute, before, ours ? nowMs : nowMs - graceMs)
        ? { kind: 'delete', result: true }
        : { kind: 'keep', result: false }
    },
    'expiry',
  )
  return outcome.kind === 'written' && outcome.result
}

const sweptPage = { entriesMax: 200, bytesMax: 1 << 20 }
/** How long an item is left to the Region that wrote it. */
const graceMs = 10 * 60 * 1000
