import type { AdminContext } from '../context.ts'
import { replicationOf } from '../replication-state.ts'
import type { Reply } from '../reply.ts'
import { ok } from '../reply.ts'
import type { ReplicationReply } from '../wire.ts'

export async function replication({ world }: AdminContext): Promise<Reply> {
  const body: ReplicationReply = { tables: await replicationOf(world), logBytesMax: world.logBytesMax }
  return ok(body)
}
