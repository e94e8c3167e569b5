import { rowKey, spaceRange, spaces, suffixOf } from '../engine/keyspace.ts'
import { pagesOf } from '../storage/pages.ts'
import type { Key, Store, Value, Write } from '../storage/store.ts'
import { decodeCell, isJoined } from './cell.ts'
import type { Cursors } from './cursors.ts'
import { cursorOf } from './cursors.ts'
import { sameDot } from './dot.ts'
import { decodeLedgerEntry, ledgerId } from './ledger.ts'
import type { ReplicaRow } from './replica-row.ts'
import { nameOf } from '../engine/read-set.ts'
import { cellKey, entryAt, isBesideEntry, ledgerKey, resolutionKey, logFrom, withdrawalKey } from './rows.ts'
import { decodeVersion } from './version.ts'

/**
 * Takes over the ledger of a replica that is about to be removed: what only it had found must not go with it.
 *
 * The heir must have applied all that the leaver has; the leaver must have stopped. Then the one thing that can be missing is a withdrawal, or a resolution, by a write that
 * the heir applied and the leaver did not, when the heir had no entry to withdraw. Such writes are still in the heir's log, since the leaver's
 * reports held back trimming.
 */
export interface Handover {
  readonly globalId: string
  readonly leaver: { readonly store: Store; readonly tableNumber: number; readonly cursors: Cursors }
  readonly heir: { readonly store: Store; readonly tableNumber: number }
  /** The heir's row once what it had begun to apply is durable. */
  readonly heirRow: () => Promise<ReplicaRow | undefined>
}

/** Returns how many rows were taken over. */
export async function takeOverLedger({ globalId, leaver, heir, heirRow }: Handover): Promise<number> {
  const entries = new Set<string>()
  let taken = 0
  for await (const page of pagesOf(leaver.store, spaceRange(leaver.tableNumber, spaces.ledger), pageLimit)) {
    const rows = page.map(({ key, value }) => ({ key: rowKey(heir.tableNumber, spaces.ledger, suffixOf(key)), value }))
    for (const { key } of rows) if (!isBesideEntry(key)) entries.add(nameOf(key))
    taken += rows.length
    const cells = rows.map(({ key, value }) => (isBesideEntry(key) ? key : cellKeyOf(heir.tableNumber, value)))
    await heir.store.transact([...rows.map(({ key }) => key), ...cells], (values) => {
      // What the leaver saw lose, and the heir shows, because it knows of more writes, has not lost.
      const isNew = ({ key, value }: Write, index: number): boolean =>
        values[index] === undefined && (isBesideEntry(key) || !isShown(value, values[rows.length + index]))
      return { writes: rows.filter(isNew), result: undefined }
    })
  }
  if (entries.size === 0) return 0
  for (const [incarnation, n] of (await heirRow())?.cursors ?? []) {
    const from = cursorOf(leaver.cursors, incarnation) + 1
    if (from > n) continue
    for await (const page of pagesOf(heir.store, logFrom(heir.tableNumber, incarnation, from), pageLimit)) {
      const writes: Write[] = []
      for (const { value } of page) {
        const { base, itemKey, notes, bytes } = decodeVersion(value)
        for (const place of notes.resolves ?? []) {
          const entry = entryAt(heir.tableNumber, place)
          if (entries.has(nameOf(entry))) writes.push({ key: resolutionKey(entry), value: bytes.subarray(10, 24) })
        }
        if (base === undefined || notes.joined === true) continue
        const id = ledgerId(globalId, itemKey, base.dot)
        if (!entries.has(nameOf(ledgerKey(heir.tableNumber, base.timestamp, id)))) continue
        writes.push({ key: withdrawalKey(heir.tableNumber, base.timestamp, id), value: bytes.subarray(10, 24) })
      }
      if (writes.length > 0) await heir.store.transact([], () => ({ writes, result: undefined }))
    }
  }
  return taken
}

function cellKeyOf(tableNumber: number, entry: Value): Key {
  return cellKey(tableNumber, Buffer.from(decodeLedgerEntry(entry).loser.itemKey, 'hex'))
}

function isShown(entry: Value | undefined, cell: Value | undefined): boolean {
  const { siblings, recorded, shown } = decodeCell(cell)
  if (entry === undefined || shown === undefined) return false
  const { loser } = decodeLedgerEntry(entry)
  if (isJoined(shown)) return siblings.some((version) => sameDot(version.dot, loser) && !recorded.has(version))
  return sameDot(shown.version.dot, loser)
}

const pageLimit = { entriesMax: 500, bytesMax: 4 << 20 }
