import type { Store, Write } from '../storage/store.ts'
import type { Cursors } from './cursors.ts'
import { cursorOf, printCursors } from './cursors.ts'
import type { Incarnation } from './dot.ts'
import type { Membership } from './membership.ts'
import { isDropped } from './membership.ts'
import type { Owners } from './owners.ts'
import { readOwners } from './owners.ts'
import { readReplicaRow } from './membership-row.ts'
import type { ReplicaRow } from './replica-row.ts'
import { collectedCutKey } from './rows.ts'

/**
 * What a replica remembers of the others, durably: how far it has come in each one's logs, and up to where it has let go of what all of them had
 * said that they have. A replica that comes up with less than that stands on an older copy of its disk [REP-35].
 */
export interface MemoryOfMembers {
  readonly cursors: Cursors
  readonly owners: Owners
  readonly collectedTo: Cursors
}

export function collectedCutWrite(tableNumber: number, cut: Cursors): Write {
  return { key: collectedCutKey(tableNumber), value: Buffer.from(JSON.stringify(printCursors(cut)), 'utf8') }
}

export async function memoryOfMembers(store: Store, tableNumber: number): Promise<MemoryOfMembers | undefined> {
  const row = await readReplicaRow(store, tableNumber)
  if (row === undefined) return undefined
  const cut = await store.get(collectedCutKey(tableNumber))
  const collectedTo = cut === undefined ? {} : (JSON.parse(Buffer.from(cut).toString('utf8')) as Record<Incarnation, number>)
  return { cursors: row.cursors, owners: await readOwners(store, tableNumber), collectedTo: new Map(Object.entries(collectedTo)) }
}

/** Why the replica of `region` must stand on an older copy, by what another remembers of it; undefined: nothing says so. */
export function wentBack(region: string, row: ReplicaRow, memory: MemoryOfMembers, membership: Membership): string | undefined {
  for (const [incarnation, n] of memory.cursors) {
    if (memory.owners.get(incarnation) !== region || isOver(membership, incarnation)) continue
    const head = cursorOf(row.cursors, incarnation)
    if (head < n) return `its log ${incarnation} ends at ${head}, and others have ${n} of it`
  }
  for (const [incarnation, n] of memory.collectedTo) {
    if (isOver(membership, incarnation)) continue
    const cursor = cursorOf(row.cursors, incarnation)
    if (cursor < n) return `it has ${cursor} of the log ${incarnation}, and had said that it has ${n}`
  }
  return undefined
}

/** What is left of it is no matter of this Region any more. */
function isOver(membership: Membership, incarnation: Incarnation): boolean {
  return membership.closed[incarnation] !== undefined || isDropped(membership, incarnation) || membership.dropped[incarnation] !== undefined
}
