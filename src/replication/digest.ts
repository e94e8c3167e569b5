import { createHash } from 'node:crypto'
import { spaceRange, spaces, suffixOf } from '../engine/keyspace.ts'
import type { Scheduler } from '../base/scheduler.ts'
import { sleep } from '../base/scheduler.ts'
import { pagesOf } from '../storage/pages.ts'
import type { Store } from '../storage/store.ts'
import { decodeCell } from './cell.ts'
import type { Cursors } from './cursors.ts'
import { noCursors } from './cursors.ts'
import { printDot } from './dot.ts'
import { decodeReplicaRow } from './replica-row.ts'
import { replicaRowKey } from './rows.ts'

/** What a replica holds, in one number: keys, shown bytes and the dots behind them, of one moment [REP-41]. */
export interface Digest {
  /** SHA-256, hexadecimal. Equal in replicas that hold the same. */
  readonly hex: string
  readonly items: number
  /** The cursors of the same moment. */
  readonly cursors: Cursors
}

/** Keys that hold tombstones only are left out: one replica may have collected what another still keeps. */
export async function digestOf(store: Store, scheduler: Scheduler, tableNumber: number): Promise<Digest> {
  const snapshot = await store.snapshot()
  try {
    const replicaRow = await snapshot.get(replicaRowKey(tableNumber))
    const hash = createHash('sha256')
    let items = 0
    for await (const page of pagesOf(snapshot, spaceRange(tableNumber, spaces.items), pageLimit)) {
      for (const { key, value } of page) {
        const { siblings, shown } = decodeCell(value)
        const stored = shown?.stored
        if (siblings.every((version) => version.stored === undefined)) continue
        const dots = siblings.map((version) => printDot(version.dot)).sort()
        hash
          .update(suffixOf(key))
          .update(dots.join())
          .update(stored?.image ?? 'deleted')
        if (stored !== undefined) items++
      }
      await sleep(scheduler, 0) // others run between pages: a large table must not hold up its clients
    }
    return { hex: hash.digest('hex'), items, cursors: replicaRow === undefined ? noCursors : decodeReplicaRow(replicaRow).cursors }
  } finally {
    snapshot.close()
  }
}

const pageLimit = { entriesMax: 500, bytesMax: 1 << 20 }
