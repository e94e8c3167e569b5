import { pagesOf } from '../storage/pages.ts'
import type { Store } from '../storage/store.ts'
import type { LedgerEntry } from './ledger.ts'
import { decodeLedgerEntry } from './ledger.ts'
import { isWithdrawal, ledgerFrom, withdraws } from './rows.ts'
import type { Timestamp } from './timestamp.ts'

/** One Region's entries of a table, in the order in which the losers were written, with whether each was withdrawn. */
export async function* ledgerEntries(
  store: Store,
  tableNumber: number,
  since: Timestamp,
): AsyncGenerator<{ readonly entry: LedgerEntry; readonly withdrawn: boolean }> {
  let entry: LedgerEntry | undefined
  let entryKey: Uint8Array | undefined
  for await (const page of pagesOf(store, ledgerFrom(tableNumber, since), { entriesMax: 500, bytesMax: 4 << 20 })) {
    for (const { key, value } of page) {
      if (isWithdrawal(key)) {
        // One without its entry withdraws what another Region found.
        if (entry === undefined || entryKey === undefined || !withdraws(key, entryKey)) continue
        yield { entry, withdrawn: true }
        entry = undefined
      } else {
        if (entry !== undefined) yield { entry, withdrawn: false }
        entry = decodeLedgerEntry(value)
        entryKey = key
      }
    }
  }
  if (entry !== undefined) yield { entry, withdrawn: false }
}
