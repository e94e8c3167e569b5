import type { Cursors } from '../replication/cursors.ts'
import { cursorOf, noCursors } from '../replication/cursors.ts'
import type { Membership } from '../replication/membership.ts'
import { nextEpoch } from '../replication/membership.ts'
import type { GlobalTable } from './global-table.ts'
import type { Running } from './region-node.ts'

/** A replica that has begun to leave its group goes on as a table of its Region, under another id: to those who know the former one it is gone. */
export async function goAlone({ engine, replication }: Running, table: GlobalTable, region: string, membership: Membership): Promise<void> {
  const { globalId, name } = table
  if (engine.table(name)?.globalId !== globalId) return
  const replica = replication.replica(globalId)
  await replica?.goAlone(alone(membership, region, (await replica.row())?.cursors ?? noCursors))
  const own = await engine.changeTable(name, ({ id }) => ({ globalId: `${id}-${membership.epoch}`, suspended: undefined }))
  if (own !== undefined) await replication.readd(globalId, own)
}

/** It knows what the group knew of ended logs, and no member but itself. They end where it has come, its own too. */
function alone(membership: Membership, region: string, cursors: Cursors): Membership {
  const closed = Object.entries(membership.closed).map(([log, final]): [string, number] => [
    log,
    membership.dropped[log] === undefined ? cursorOf(cursors, log) : final,
  ])
  return nextEpoch(membership, { members: [region], joined: {}, closing: [], closed: Object.fromEntries(closed) })
}
