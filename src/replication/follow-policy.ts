import { Derivation, derivationKeys } from '../engine/derivation.ts'
import { spaceRange, spaces, suffixOf } from '../engine/keyspace.ts'
import { ReadSet } from '../engine/read-set.ts'
import type { Table } from '../engine/table.ts'
import { pagesOf } from '../storage/pages.ts'
import type { Store, Write } from '../storage/store.ts'
import { decodeCell, encodeCell } from './cell.ts'
import { decideContest } from './contest.ts'
import type { Dot } from './dot.ts'
import { isJoined } from './cell.ts'
import type { Membership } from './membership.ts'
import type { Policy } from './policy.ts'
import { defaultPolicy } from './policy-text.ts'
import { decodeReplicaRow, encodeReplicaRow } from './replica-row.ts'
import { cellKey, followedPolicyKey, replicaRowKey } from './rows.ts'

/**
 * Brings a replica's cells to another policy: exactly the items with several siblings are decided again, each with all that follows from it, page
 * by page [REP-11]. Whoever writes meanwhile decides by the new policy already. What was interrupted is begun again: the row that says
 * which policy the cells follow is written last.
 */
export interface FollowOptions {
  readonly store: Store
  readonly table: Table
  /** The table's definition as it is now; undefined once it is dropped. */
  readonly current: () => Table | undefined
  readonly indexDelayMs: number
  readonly region: string
  /** The policy as it is now; it may change meanwhile. */
  readonly policy: () => Policy
  readonly membership: () => Membership
  readonly nowMs: () => number
  readonly wasRead: (dot: Dot) => boolean
  readonly isClosed: () => boolean
  /** Some items may lose now: withdrawals must be looked for from here on. */
  readonly begins: () => void
  /** A page of items was decided again. */
  readonly decided: (losses: number) => void
}

/** Every write that was decided by another policy must be flushed before this is called. */
export async function followPolicy(options: FollowOptions): Promise<void> {
  const { store, table, policy, isClosed } = options
  const key = followedPolicyKey(table.number)
  for (;;) {
    const { text, followedAs = text } = policy()
    const row = await store.get(key)
    const followed = row === undefined ? defaultPolicy : Buffer.from(row).toString('utf8')
    if (followed === followedAs || isClosed() || options.current() === undefined) return
    for await (const page of pagesOf(store, spaceRange(table.number, spaces.contested), contestedPage)) {
      if (page.length === 0) continue
      options.begins()
      const itemKeys = page.map((row) => suffixOf(row.key))
      let losses: number | 'stale'
      do {
        if (isClosed() || options.current() === undefined) return
        losses = await decideAgain(itemKeys, options)
      } while (losses === 'stale')
      options.decided(losses)
    }
    await store.transact([replicaRowKey(table.number)], ([row]) => ({
      writes: row === undefined ? [] : [{ key, value: Buffer.from(followedAs, 'utf8') }],
      result: undefined,
    }))
  }
}

/** Returns how many versions lost that had not; `stale` when the table's definition changed. */
async function decideAgain(itemKeys: readonly Uint8Array[], options: FollowOptions): Promise<number | 'stale'> {
  const { store, indexDelayMs, region, policy, nowMs } = options
  const table = options.current()
  if (table === undefined) return 0
  const reads = new ReadSet()
  reads.add(replicaRowKey(table.number))
  for (const itemKey of itemKeys) reads.add(cellKey(table.number, itemKey))
  reads.addAll(derivationKeys(table, itemKeys, indexDelayMs))
  return store.transact<number | 'stale'>(reads.keys, (values) => {
    if (options.current() !== table) return { writes: [], result: 'stale' }
    const read = reads.reader(values)
    const encoded = read(replicaRowKey(table.number))
    if (encoded === undefined) return { writes: [], result: 0 }
    const row = decodeReplicaRow(encoded)
    let { itemCount, sizeBytes } = row
    const atMs = nowMs()
    const context = { table, region, policy: policy(), membership: options.membership(), nowMs: atMs, wasRead: options.wasRead }
    const derivation = new Derivation({ table, atMs, cause: 'replication', indexDelayMs, read })
    const writes: Write[] = []
    let losses = 0
    for (const itemKey of itemKeys) {
      const key = cellKey(table.number, itemKey)
      const held = decodeCell(read(key))
      if (held.siblings.length < 2) continue
      const { cell, writes: follow, found } = decideContest(itemKey, held, held.siblings, context)
      const joins = context.policy.joins === true || isJoined(held.shown)
      if (cell.shown?.version === held.shown?.version && !joins) continue
      const [before, after] = [held.shown?.stored, cell.shown?.stored]
      itemCount += (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1)
      sizeBytes += (after?.sizeBytes ?? 0) - (before?.sizeBytes ?? 0)
      losses += found.length
      derivation.add(itemKey, before, after)
      writes.push({ key, value: encodeCell(cell) }, ...follow)
    }
    if (writes.length > 0) writes.push({ key: replicaRowKey(table.number), value: encodeReplicaRow({ ...row, itemCount, sizeBytes }) })
    return { writes: [...writes, ...derivation.writes], result: losses }
  })
}

const contestedPage = { entriesMax: 64, bytesMax: 1 << 20 }
