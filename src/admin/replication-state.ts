import { printCursors } from '../replication/cursors.ts'
import type { Flow } from '../replication/replica.ts'
import type { GlobalTable } from '../world/global-table.ts'
import { flowsOf } from '../world/inspection.ts'
import type { World } from '../world/world.ts'
import type { LossReport, FillingState, LinkState, ReplicaState, TableReplication } from './wire.ts'

/** Every global table with its replicas and the links between them. */
export async function replicationOf(world: World): Promise<readonly TableReplication[]> {
  const flowByPair = new Map<string, Flow>()
  for (const { table, region, flows } of await flowsOf(world)) {
    for (const flow of flows) flowByPair.set(pairName(table, region, flow.peer), flow)
  }
  return Promise.all(world.globalTables().map((table) => describe(world, table, flowByPair)))
}

/** Undefined: there is no link between the two, since one of them is not running or not a member yet. */
type FlowByPair = ReadonlyMap<string, Flow>

async function describe(world: World, table: GlobalTable, flowByPair: FlowByPair): Promise<TableReplication> {
  const links: LinkState[] = []
  for (const { region: to } of table.replicas) {
    const row = await world.region(to)?.running?.replication.replica(table.globalId)?.row()
    for (const { region: from } of table.replicas) {
      if (from === to) continue
      // What the sender knows is in its own flow, what the receiver measured in the receiver's.
      const sending = flowByPair.get(pairName(table.name, from, to))
      const receiving = flowByPair.get(pairName(table.name, to, from))
      const reason = sending?.stalled ?? receiving?.stalled
      const up = world.network.isUp(from, to, table.globalId) && sending !== undefined && receiving !== undefined
      links.push({
        from,
        to,
        state: !up ? 'down' : reason === undefined ? 'up' : 'stalled',
        ...(reason === undefined ? {} : { reason }),
        pending: sending?.pending ?? null,
        pinnedBytes: sending?.pinnedBytes ?? 0,
        oldestPendingMs: sending?.oldestPendingMs ?? null,
        received: receiving?.received ?? 0,
        lagSumMs: receiving?.lagSumMs ?? 0,
        lagP50Ms: receiving?.lagP50Ms ?? null,
        lagP99Ms: receiving?.lagP99Ms ?? null,
        lagP999Ms: receiving?.lagP999Ms ?? null,
        ...(row === undefined ? {} : { cursor: printCursors(row.cursors) }),
      })
    }
  }
  return { table: table.name, replicas: replicasOf(world, table), links, losses: lossesIn(table) }
}

/** What was given up with Regions that were lost, of all tables. */
export function lossesOf(world: World): readonly LossReport[] {
  return world.globalTables().flatMap(lossesIn)
}

function lossesIn({ name, losses = [] }: GlobalTable): readonly LossReport[] {
  return losses.map(({ region, atMs, logs }) => ({
    table: name,
    region,
    at: new Date(atMs).toISOString(),
    logs: logs.map(({ incarnation, final, known }) => ({ log: incarnation, final, known })),
  }))
}

/** In memory: cheap enough to be looked at often. */
export function replicasOf(world: World, { globalId, replicas }: GlobalTable): readonly ReplicaState[] {
  return replicas.map(({ region, status, why }) => {
    if (status === 'CREATING') return { region, status, filling: fillingOf(world, globalId, region) }
    return { region, status, ...(why === undefined ? {} : { why }) }
  })
}

function fillingOf(world: World, globalId: string, region: string): FillingState {
  const replica = world.region(region)?.running?.replication.replica(globalId)
  const { items = 0, itemsExpected } = replica?.seedProgress ?? {}
  const stage = replica?.ready === true ? 'catching-up' : itemsExpected === undefined ? 'waiting' : 'copying'
  return { stage, items, itemsExpected: itemsExpected ?? null }
}

function pairName(table: string, region: string, peer: string): string {
  return `${table}\n${region}\n${peer}`
}
