import type { StreamOperationName } from '../../service-model.ts'
import type { Operation } from '../operation.ts'
import { describeStream } from './describe-stream.ts'
import { getRecords } from './get-records.ts'
import { getShardIterator } from './get-shard-iterator.ts'
import { listStreams } from './list-streams.ts'

/** Every operation of DynamoDB Streams. */
export const streamOperations: Readonly<Record<StreamOperationName, Operation>> = {
  DescribeStream: describeStream,
  GetRecords: getRecords,
  GetShardIterator: getShardIterator,
  ListStreams: listStreams,
}
