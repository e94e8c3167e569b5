import type { Store } from '../storage/store.ts'
import type { Incarnation } from './dot.ts'
import type { Membership } from './membership.ts'
import { isDropped, keepsLog } from './membership.ts'
import type { ReplicaRow } from './replica-row.ts'
import { decodeReplicaRow, encodeReplicaRow } from './replica-row.ts'
import { membershipKey, replicaRowKey } from './rows.ts'

/** The row that says to which epoch of its group a replica belongs; it changes together with the replica row. */

export async function readMembership(store: Store, tableNumber: number): Promise<Membership | undefined> {
  const row = await store.get(membershipKey(tableNumber))
  return row === undefined ? undefined : (JSON.parse(Buffer.from(row).toString('utf8')) as Membership)
}

/** What is durable of a replica; undefined when its table is gone. */
export async function readReplicaRow(store: Store, tableNumber: number): Promise<ReplicaRow | undefined> {
  const encoded = await store.get(replicaRowKey(tableNumber))
  return encoded === undefined ? undefined : decodeReplicaRow(encoded)
}

/**
 * Adopts an epoch. Returns what is durable afterwards; undefined when the table is gone. An epoch that was adopted already, or passed, changes
 * nothing.
 */
export function adoptEpoch(store: Store, tableNumber: number, membership: Membership): Promise<ReplicaRow | undefined> {
  const [replicaKey, memberKey] = [replicaRowKey(tableNumber), membershipKey(tableNumber)]
  return store.transact<ReplicaRow | undefined>([replicaKey], ([encoded]) => {
    if (encoded === undefined) return { writes: [], result: undefined }
    const before = decodeReplicaRow(encoded)
    if (before.epoch >= membership.epoch) return { writes: [], result: before }
    const remains = ([incarnation]: readonly [Incarnation, number]): boolean => !isDropped(membership, incarnation)
    const cursors = new Map([...before.cursors].filter(remains))
    const ours = new Set([...before.ours].filter((incarnation) => cursors.has(incarnation)))
    const after: ReplicaRow = { ...before, epoch: membership.epoch, keepsLog: keepsLog(membership), cursors, ours }
    const writes = [
      { key: replicaKey, value: encodeReplicaRow(after) },
      { key: memberKey, value: Buffer.from(JSON.stringify(membership), 'utf8') },
    ]
    return { writes, result: after }
  })
}

/**
 * Begins to leave the group with all data: its logs end here, for the others, and go on elsewhere for itself. Returns the replica as it is with the
 * last that the others shall have; undefined when the table is gone.
 */
export function beginLeaving(store: Store, tableNumber: number): Promise<ReplicaRow | undefined> {
  const key = replicaRowKey(tableNumber)
  return store.transact<ReplicaRow | undefined>([key], ([encoded]) => {
    if (encoded === undefined) return { writes: [], result: undefined }
    const row: ReplicaRow = { ...decodeReplicaRow(encoded), leaving: true }
    return { writes: [{ key, value: encodeReplicaRow(row) }], result: row }
  })
}

/** Is alone from this epoch on: what it wrote since it began to leave becomes its log. */
export function endLeaving(store: Store, tableNumber: number, membership: Membership): Promise<void> {
  const [replicaKey, memberKey] = [replicaRowKey(tableNumber), membershipKey(tableNumber)]
  return store.transact<void>([replicaKey], ([encoded]) => {
    const before = encoded && decodeReplicaRow(encoded)
    if (before?.leaving !== true) return { writes: [], result: undefined }
    const ours = before.own === undefined ? before.ours : new Set(before.ours).add(before.own)
    const after: ReplicaRow = { ...before, epoch: membership.epoch, keepsLog: keepsLog(membership), leaving: false, ours }
    const writes = [
      { key: replicaKey, value: encodeReplicaRow(after) },
      { key: memberKey, value: Buffer.from(JSON.stringify(membership), 'utf8') },
    ]
    return { writes, result: undefined }
  })
}

/** Takes no more writes from clients, or takes them again. Returns the replica as it is with the last of them; undefined when the table is gone. */
export function fenceReplica(store: Store, tableNumber: number, fenced = true): Promise<ReplicaRow | undefined> {
  const key = replicaRowKey(tableNumber)
  return store.transact<ReplicaRow | undefined>([key], ([encoded]) => {
    if (encoded === undefined) return { writes: [], result: undefined }
    const row: ReplicaRow = { ...decodeReplicaRow(encoded), fenced }
    return { writes: [{ key, value: encodeReplicaRow(row) }], result: row }
  })
}
