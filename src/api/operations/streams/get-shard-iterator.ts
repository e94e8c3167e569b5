import type { Sequence } from '../../../engine/change-log.ts'
import type { LogPosition } from '../../../engine/stream-reader.ts'
import { firstSequence, lastSequence, trimHorizon } from '../../../engine/stream-reader.ts'
import type { Shard } from '../../../engine/stream-shards.ts'
import type { WireError } from '../../wire-error.ts'
import { isWireError, trimmedDataAccess, validationError } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { parseSequence } from './sequence-number.ts'
import { encodeIterator } from './shard-iterator.ts'
import { openStream, shardGone } from './stream-lookup.ts'

interface Input {
  readonly StreamArn: string
  readonly ShardId: string
  readonly ShardIteratorType: 'TRIM_HORIZON' | 'LATEST' | 'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER'
  readonly SequenceNumber?: string
}

export const getShardIterator = operation<Input>(async (context, input) => {
  const opened = await openStream(context, input.StreamArn)
  if (isWireError(opened)) return opened
  const { arn, table, shards, position } = opened
  const shard = shards.find(({ id }) => id === input.ShardId)
  if (shard === undefined) return shardGone
  const sequence = sequenceFor(input, shard, position)
  if (isWireError(sequence)) return sequence
  const fromHorizon = input.ShardIteratorType === 'TRIM_HORIZON'
  return { ShardIterator: encodeIterator(arn, table, { madeAtMs: context.nowMs, shardId: shard.id, sequence, fromHorizon }) }
})

/** The first number that the iterator shall read. The texts are guesses. */
function sequenceFor(
  { ShardIteratorType: type, SequenceNumber }: Input,
  shard: Shard,
  { nowMs, newest }: LogPosition,
): Sequence | WireError {
  const first = firstSequence(shard)
  const end = lastSequence(shard) + 1n
  if (type === 'TRIM_HORIZON') return first
  if (type === 'LATEST') return min(max(newest + 1n, first), end)
  if (SequenceNumber === undefined) {
    return validationError(`One or more parameter values were invalid: SequenceNumber is required for ShardIteratorType ${type}`)
  }
  const given = parseSequence(SequenceNumber)
  if (given === undefined) return validationError(`Invalid SequenceNumber: ${SequenceNumber}`)
  if (given < trimHorizon(nowMs)) return trimmedDataAccess
  if (given < first || given >= end) {
    return validationError(`Invalid SequenceNumber: ${SequenceNumber} is not in the sequence number range of shard ${shard.id}`)
  }
  return type === 'AT_SEQUENCE_NUMBER' ? given : given + 1n
}

function min(a: Sequence, b: Sequence): Sequence {
  return a < b ? a : b
}

function max(a: Sequence, b: Sequence): Sequence {
  return a > b ? a : b
}
