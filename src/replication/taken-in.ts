import type { Value, Write } from '../storage/store.ts'
import type { Cell } from './cell.ts'
import type { ContestContext } from './contest.ts'
import { decideContest } from './contest.ts'
import { decodeReplicaRow, encodeReplicaRow } from './replica-row.ts'
import type { Siblings } from './siblings.ts'

/** What becomes of an item whose siblings become others, with all that follows but its own row and the derived ones. */
export interface TakenIn {
  readonly cell: Cell
  readonly writes: readonly Write[]
  readonly replicaRow: Value
  readonly losses: number
}

export function keptAs(itemKey: Uint8Array, mine: Cell, joined: Siblings, replicaRow: Value, context: ContestContext): TakenIn {
  const { cell, writes, found } = decideContest(itemKey, mine, joined, context)
  const [before, after] = [mine.shown?.stored, cell.shown?.stored]
  const row = decodeReplicaRow(replicaRow)
  const itemCount = row.itemCount + (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1)
  const sizeBytes = row.sizeBytes + (after?.sizeBytes ?? 0) - (before?.sizeBytes ?? 0)
  return { cell, writes, replicaRow: encodeReplicaRow({ ...row, itemCount, sizeBytes }), losses: found.length }
}
