import { setTimeout as pause } from 'node:timers/promises'
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Shard, _Record as Record } from '@aws-sdk/client-dynamodb-streams'
import { DescribeStreamCommand, DynamoDBStreamsClient, GetRecordsCommand, GetShardIteratorCommand } from '@aws-sdk/client-dynamodb-streams'
import { clientIn } from './global-table.ts'

/** An application that reads one Region's stream, and after each interruption goes on behind the last record that it got. */
export class StreamFollower {
  readonly records: Record[] = []
  readonly #region: string
  readonly #table: string
  readonly #lastByShard = new Map<string, string>()
  readonly #ended = new Set<string>()

  constructor(region: string, table: string) {
    this.#region = region
    this.#table = table
  }

  /** Reads on, until `isOver` holds when nothing was left to be read. */
  async follow(url: string, isOver: () => boolean): Promise<void> {
    const client = new DynamoDBStreamsClient({
      region: this.#region,
      endpoint: url,
      maxAttempts: 1,
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    })
    try {
      const StreamArn = await this.#streamArn(url)
      for (;;) {
        const over = isOver()
        const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamArn }))
        let count = 0
        for (const shard of StreamDescription?.Shards ?? []) count += await this.#readShard(client, StreamArn, shard)
        if (count === 0 && over) return
        if (count === 0) await pause(50)
      }
    } finally {
      client.destroy()
    }
  }

  async #readShard(client: DynamoDBStreamsClient, StreamArn: string | undefined, { ShardId = '' }: Shard): Promise<number> {
    if (this.#ended.has(ShardId)) return 0
    const last = this.#lastByShard.get(ShardId)
    const from =
      last === undefined
        ? { ShardIteratorType: 'TRIM_HORIZON' as const }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const, SequenceNumber: last }
    const { ShardIterator } = await client.send(new GetShardIteratorCommand({ StreamArn, ShardId, ...from }))
    const { Records = [], NextShardIterator } = await client.send(new GetRecordsCommand({ ShardIterator }))
    this.records.push(...Records)
    const sequence = Records.at(-1)?.dynamodb?.SequenceNumber
    if (sequence !== undefined) this.#lastByShard.set(ShardId, sequence)
    if (NextShardIterator === undefined) this.#ended.add(ShardId)
    return Records.length
  }

  async #streamArn(url: string): Promise<string | undefined> {
    const client = clientIn(this.#region, url)
    try {
      return (await client.send(new DescribeTableCommand({ TableName: this.#table }))).Table?.LatestStreamArn
    } finally {
      client.destroy()
    }
  }
}

/** What is wrong with a stream that was read to its end: doubled, disordered, or with a hole. */
export function flawsOf(records: readonly Record[], items: ReadonlyMap<string, unknown>): readonly string[] {
  const flaws: string[] = []
  const lastByKey = new Map<string, Record['dynamodb']>()
  const ids = new Set<string | undefined>()
  for (const { eventID, dynamodb } of records) {
    const key = dynamodb?.Keys?.['id']?.S ?? ''
    if (ids.has(eventID)) flaws.push(`${key}: ${eventID} came twice`)
    ids.add(eventID)
    const last = lastByKey.get(key)
    if (last !== undefined && BigInt(last.SequenceNumber ?? 0) >= BigInt(dynamodb?.SequenceNumber ?? 0)) flaws.push(`${key}: out of order`)
    if (last !== undefined && textOf(last.NewImage) !== textOf(dynamodb?.OldImage))
      flaws.push(`${key}: an old image is not the new one before it`)
    lastByKey.set(key, dynamodb)
  }
  for (const [key, item] of items) {
    if (textOf(lastByKey.get(key)?.NewImage) !== textOf(item)) flaws.push(`${key}: the last new image is not the item`)
  }
  return flaws
}

/** Sets are in no order, and attributes neither. */
function textOf(image: unknown): string {
  const attributes = (image ?? {}) as { readonly [name: string]: AttributeValue }
  const sorted = Object.keys(attributes).sort()
  return JSON.stringify(
    sorted.map((name) => [name, attributes[name]?.SS === undefined ? attributes[name] : [...(attributes[name].SS ?? [])].sort()]),
  )
}
