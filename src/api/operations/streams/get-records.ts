import { readShard, trimHorizon } from '../../../engine/stream-reader.ts'
import { jsonList } from '../../answer.ts'
import { expiredIterator, isWireError, trimmedDataAccess, validationError } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { decodeIterator, encodeIterator, ITERATOR_LIFE_MS, streamOfIterator } from './shard-iterator.ts'
import { limitProblem, openStream } from './stream-lookup.ts'
import { streamRecord } from './stream-record.ts'

interface Input {
  readonly ShardIterator: string
  readonly Limit?: number
}

const RECORDS_MAX = 1000

export const getRecords = operation<Input>(async (context, { ShardIterator, Limit = RECORDS_MAX }) => {
  const tooMany = limitProblem(Limit, RECORDS_MAX)
  if (tooMany !== undefined) return tooMany
  const arn = streamOfIterator(ShardIterator)
  if (arn === undefined) return invalidIterator
  const opened = await openStream(context, arn)
  if (isWireError(opened)) return opened
  const { engine, table, stream, shards, position } = opened
  const at = decodeIterator(ShardIterator, arn, table)
  if (at === undefined) return invalidIterator
  if (context.nowMs - at.madeAtMs > ITERATOR_LIFE_MS) return expiredIterator(expiredText(at.madeAtMs, context.nowMs))
  const shard = shards.find(({ id }) => id === at.shardId)
  if (shard === undefined) return trimmedDataAccess
  const horizon = trimHorizon(position.nowMs)
  if (at.sequence < horizon && !at.fromHorizon) return trimmedDataAccess
  const { changes, next } = await readShard(engine, table, shard, at.sequence < horizon ? horizon : at.sequence, Limit)
  const records = changes.map((change) => streamRecord(context.region, table, stream, change))
  if (context.tally !== undefined) {
    context.tally.used(context.region, table)
    const bytes = records.reduce((sum, record) => sum + record.length, 0)
    context.tally.returnedRecords = { streamLabel: stream.label, count: records.length, bytes }
  }
  return {
    Records: jsonList(records),
    NextShardIterator:
      next === undefined
        ? undefined
        : encodeIterator(arn, table, { madeAtMs: context.nowMs, shardId: shard.id, sequence: next, fromHorizon: false }),
  }
})

const invalidIterator = validationError('Invalid ShardIterator')

/** The text is that of Kinesis, whose client reads both; that DynamoDB's is the same is a guess. */
function expiredText(madeAtMs: number, nowMs: number): string {
  return (
    `Iterator expired. The iterator was created at time ${javaDate(madeAtMs)} while right now it is ${javaDate(nowMs)} ` +
    `which is further in the future than the tolerated delay of ${ITERATOR_LIFE_MS} milliseconds.`
  )
}

/** `Thu Jul 16 20:35:29 UTC 2015` */
function javaDate(ms: number): string {
  const [weekday = '', day, month, year, time] = new Date(ms).toUTCString().split(' ')
  return `${weekday.slice(0, 3)} ${month} ${day} ${time} UTC ${year}`
}
