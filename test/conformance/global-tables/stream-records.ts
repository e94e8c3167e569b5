import type { _Record } from '@aws-sdk/client-dynamodb-streams'
import { DescribeStreamCommand, GetRecordsCommand, GetShardIteratorCommand } from '@aws-sdk/client-dynamodb-streams'
import { onAws } from '../endpoint.ts'
import type { World } from './regions.ts'
import { describeIn } from './regions.ts'

const emptyPagesMax = onAws ? 5 : 1

/** All that a Region's stream of the table tells of one item, in order. */
export async function recordsOf(world: World, region: string, TableName: string, pk: string): Promise<readonly _Record[]> {
  const StreamArn = (await describeIn(world, region, TableName))?.LatestStreamArn
  const { streams } = world.in(region)
  const records: _Record[] = []
  let ExclusiveStartShardId: string | undefined
  do {
    const start = ExclusiveStartShardId === undefined ? {} : { ExclusiveStartShardId }
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn, ...start }))
    for (const { ShardId } of StreamDescription?.Shards ?? []) {
      const place = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' as const }
      let { ShardIterator } = await streams.send(new GetShardIteratorCommand(place))
      // An open shard has no end, and AWS answers with empty pages on the way: what comes before a few of those is enough, whoever waits asks again.
      for (let empty = 0; ShardIterator !== undefined && empty < emptyPagesMax;) {
        const page = await streams.send(new GetRecordsCommand({ ShardIterator }))
        records.push(...(page.Records ?? []))
        empty = (page.Records ?? []).length === 0 ? empty + 1 : 0
        ShardIterator = page.NextShardIterator
      }
    }
    ExclusiveStartShardId = StreamDescription?.LastEvaluatedShardId
  } while (ExclusiveStartShardId !== undefined)
  return records.filter(({ dynamodb }) => dynamodb?.Keys?.['pk']?.S === pk)
}
