import { firstSequence, lastSequence } from '../../../engine/stream-reader.ts'
import type { Shard } from '../../../engine/stream-shards.ts'
import { isClosed } from '../../../engine/stream-shards.ts'
import { asIndexKeySchema } from '../../../item/key-schema.ts'
import { isWireError, validationError } from '../../wire-error.ts'
import { keyElements } from '../tables/index-description.ts'
import { operation } from '../operation.ts'
import { printSequence } from './sequence-number.ts'
import { limitProblem, openStream } from './stream-lookup.ts'

interface Input {
  readonly StreamArn: string
  readonly Limit?: number
  readonly ExclusiveStartShardId?: string
  readonly ShardFilter?: { readonly Type?: 'CHILD_SHARDS'; readonly ShardId?: string }
}

const SHARDS_MAX = 100

/** A page of shards, parents before their children; or with a filter the children of one shard. */
export const describeStream = operation<Input>(async (context, input) => {
  const { Limit = SHARDS_MAX, ExclusiveStartShardId: after = '', ShardFilter } = input
  const tooMany = limitProblem(Limit, SHARDS_MAX)
  if (tooMany !== undefined) return tooMany
  if (ShardFilter !== undefined && (ShardFilter.Type === undefined || ShardFilter.ShardId === undefined)) {
    // A guess.
    return validationError('One or more parameter values were invalid: ShardFilter must contain both Type and ShardId')
  }
  const opened = await openStream(context, input.StreamArn)
  if (isWireError(opened)) return opened
  const { table, stream, position, shards } = opened
  const wanted = ShardFilter === undefined ? shards : shards.filter(({ parentId }) => parentId === ShardFilter.ShardId)
  const rest = wanted.filter(({ id }) => id > after)
  const page = rest.slice(0, Limit)
  return {
    StreamDescription: {
      StreamArn: input.StreamArn,
      StreamLabel: stream.label,
      StreamStatus: stream.endedAtMs === undefined ? 'ENABLED' : 'DISABLED',
      StreamViewType: stream.view,
      CreationRequestDateTime: stream.createdAtMs / 1000,
      TableName: table.name,
      KeySchema: keyElements(asIndexKeySchema(table.schema)),
      Shards: page.map((shard) => describeShard(shard, position.nowMs)),
      LastEvaluatedShardId: rest.length > Limit ? page.at(-1)?.id : undefined,
    },
  }
})

function describeShard(shard: Shard, nowMs: number): object {
  return {
    ShardId: shard.id,
    SequenceNumberRange: {
      StartingSequenceNumber: printSequence(firstSequence(shard)),
      EndingSequenceNumber: isClosed(shard, nowMs) ? printSequence(lastSequence(shard)) : undefined,
    },
    ParentShardId: shard.parentId,
  }
}
