import type { Table } from '../engine/table.ts'
import type { Key, Write } from '../storage/store.ts'
import type { Cell } from './cell.ts'
import { emptyCell, isJoined } from './cell.ts'
import type { Dot } from './dot.ts'
import { ledgerId, recordLoss } from './ledger.ts'
import type { Membership } from './membership.ts'
import type { Loss, Policy } from './policy.ts'
import { contestedKey, ledgerKey } from './rows.ts'
import type { Siblings } from './siblings.ts'
import type { Version } from './version.ts'

/**
 * What follows when an item's siblings change, or the policy that chooses among them: what is shown, the ledger entries of those that are not
 * [REP-18], and the row that lists items in conflict. An entry whose version is shown again goes: it has not lost after all.
 */
export interface Contest {
  readonly cell: Cell
  /** All but the cell's own row. */
  readonly writes: readonly Write[]
  /** Keys of the ledger entries that were made, and of those that went. */
  readonly found: readonly Key[]
  readonly lifted: readonly Key[]
}

export interface ContestContext {
  readonly table: Table
  readonly region: string
  readonly policy: Policy
  readonly membership: Membership
  readonly nowMs: number
  /** Whether a client was seen to read this version here. */
  readonly wasRead: (dot: Dot) => boolean
}

/** @param held the cell as it is stored; with the same siblings when the policy changed */
export function decideContest(itemKey: Uint8Array, held: Cell, siblings: Siblings, context: ContestContext): Contest {
  const { table, policy, membership } = context
  const writes: Write[] = []
  const [isContested, wasContested] = [siblings.length > 1, held.siblings.length > 1]
  if (isContested !== wasContested) {
    writes.push({ key: contestedKey(table.number, itemKey), value: isContested ? nothing : undefined })
  }
  const [only] = siblings
  if (only === undefined) return { cell: emptyCell, writes, found: [], lifted: [] }
  const shown = policy.show(siblings, membership)
  // What is said of each version then depends on the others, and is said anew.
  const isSaidAnew = shown.losses !== undefined || isJoined(held.shown)
  const recorded = new Set<Version>()
  const found: Key[] = []
  const lifted: Key[] = []
  for (const sibling of siblings) {
    const wasRecorded = held.recorded.has(sibling)
    const loss = shown.losses?.get(sibling)
    if (shown.losses === undefined ? sibling === shown.version : loss === undefined) {
      if (wasRecorded) lifted.push(entryKeyOf(table, sibling))
      continue
    }
    recorded.add(sibling)
    if (!wasRecorded || isSaidAnew) {
      const winner = sibling === shown.version ? siblings.findLast((other) => other !== sibling) : shown.version
      const write = lossOf(sibling, winner ?? shown.version, loss, context)
      writes.push(write)
      if (!wasRecorded) found.push(write.key)
    }
  }
  for (const key of lifted) writes.push({ key, value: undefined })
  return { cell: { siblings, recorded, shown: { version: shown.version, stored: shown.stored } }, writes, found, lifted }
}

function entryKeyOf({ number, globalId }: Table, version: Version): Key {
  return ledgerKey(number, version.timestamp, ledgerId(globalId, version.itemKey, version.dot))
}

/** The ledger entry of a version that is not shown, or not all of it. */
export function lossOf(
  loser: Version,
  winner: Version,
  loss: Loss | undefined,
  { table, region, policy, nowMs, wasRead }: ContestContext,
): Write {
  return recordLoss({
    tableNumber: table.number,
    globalId: table.globalId,
    loser,
    winner,
    loss,
    rule: policy.name,
    foundIn: region,
    foundAtMs: nowMs,
    read: wasRead(loser.dot),
  })
}

const nothing = new Uint8Array(0)
