import { printCursors } from '../../replication/cursors.ts'
import { digestTable, replicasOf } from '../../world/inspection.ts'
import type { AdminContext } from '../context.ts'
import type { Reply } from '../reply.ts'
import { Rejection, ok } from '../reply.ts'
import type { DigestReply } from '../wire.ts'

/** What each replica of a table holds, in one number. */
export async function digest({ world, scheduler }: AdminContext, table: string): Promise<Reply> {
  const found = await digestTable(world, scheduler, table)
  const [first] = replicasOf(world, table)
  if (found === undefined || first === undefined) throw new Rejection(404, `There is no table ${table}.`)
  const byRegion = [...found.digestByRegion]
  const body: DigestReply = {
    table,
    digests: Object.fromEntries(byRegion.map(([region, { hex }]) => [region, hex])),
    items: Object.fromEntries(byRegion.map(([region, { items }]) => [region, items])),
    cursors: Object.fromEntries(byRegion.map(([region, { cursors }]) => [region, printCursors(cursors)])),
    members: world.globalTable(first.table)?.membership.members ?? [first.region],
    converged: found.converged,
  }
  return ok(body)
}
