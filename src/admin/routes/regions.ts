import type { RegionNode } from '../../world/region-node.ts'
import type { AdminContext } from '../context.ts'
import type { Reply } from '../reply.ts'
import { stateOf } from '../region-state.ts'
import { ok } from '../reply.ts'
import type { RegionState, RegionsReply, TableState } from '../wire.ts'

export async function regions({ world }: AdminContext): Promise<Reply> {
  const body: RegionsReply = { regions: await Promise.all(world.regions().map(stateWithTables)) }
  return ok(body)
}

async function stateWithTables(node: RegionNode): Promise<RegionState> {
  const { running } = node
  const tables: TableState[] = []
  for (const table of running?.engine.tables() ?? []) {
    const statistics = await running?.engine.statistics(table)
    tables.push({ name: table.name, status: table.status, items: statistics?.itemCount ?? 0, sizeBytes: statistics?.sizeBytes ?? 0 })
  }
  return { ...stateOf(node), tables }
}
