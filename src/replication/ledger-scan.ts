import { pagesOf } from '../storage/pages.ts'
import type { Key, Range, Store } from '../storage/store.ts'
import type { LedgerEntry } from './ledger.ts'
import { decodeLedgerEntry } from './ledger.ts'
import { belongsTo, isBesideEntry, isResolution, isWithdrawal, ledgerFrom } from './rows.ts'
import type { Timestamp } from './timestamp.ts'

/** An entry with what stands beside it. */
export interface ScannedEntry {
  readonly entry: LedgerEntry
  readonly withdrawn: boolean
  readonly resolved: boolean
  /** Its own row's key, and those beside it. */
  readonly keys: readonly Key[]
}

/** One Region's entries of a table, in the order in which the losers were written, with whether each was withdrawn or resolved. */
export function ledgerEntries(store: Store, tableNumber: number, since: Timestamp): AsyncGenerator<ScannedEntry> {
  return entriesIn(store, ledgerFrom(tableNumber, since))
}

/** What stands beside no entry says something of one that another Region found, and is passed over. */
export async function* entriesIn(store: Store, range: Range): AsyncGenerator<ScannedEntry> {
  let scanned: ScannedEntry | undefined
  for await (const page of pagesOf(store, range, { entriesMax: 500, bytesMax: 4 << 20 })) {
    for (const { key, value } of page) {
      if (!isBesideEntry(key)) {
        if (scanned !== undefined) yield scanned
        scanned = { entry: decodeLedgerEntry(value), withdrawn: false, resolved: false, keys: [key] }
      } else if (scanned?.keys[0] !== undefined && belongsTo(key, scanned.keys[0])) {
        scanned = {
          ...scanned,
          withdrawn: scanned.withdrawn || isWithdrawal(key),
          resolved: scanned.resolved || isResolution(key),
          keys: [...scanned.keys, key],
        }
      }
    }
  }
  if (scanned !== undefined) yield scanned
}

/** Found under `version-check`, and nobody has settled it [REP-12]. */
export function isOpen({ entry, withdrawn, resolved }: Omit<ScannedEntry, 'keys'>): boolean {
  return entry.rule === 'version-check' && !withdrawn && !resolved && !entry.harmless
}
