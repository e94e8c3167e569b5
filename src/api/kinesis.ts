import { accountOf, regionOf } from '../base/account-region.ts'
import { createHash } from 'node:crypto'
import type { ChangeRecord } from '../engine/change-log.ts'
import { encodeImage } from '../engine/stored-item.ts'
import type { Destination, Table } from '../engine/table.ts'
import { decodeItemKey, partitionOf } from '../item/item-key.ts'
import { itemSizeBytes } from '../item/item-size.ts'
import { encodeAnswer, jsonBytes } from './answer.ts'

/** What DynamoDB and Kinesis say to each other: how a stream is named, and a change as a record of it. */

const pattern = /^arn:aws[a-z-]*:kinesis:([a-z0-9-]+):(\d{12}):stream\/([a-zA-Z0-9_.-]{1,128})$/

/** The name of a stream of this Region; or why there is none, in DynamoDB's words (observed on AWS, 2026-10). */
export function kinesisStream(region: string, arn: string): { readonly name: string } | { readonly failure: string } {
  const [, arnRegion, account, name] = pattern.exec(arn) ?? []
  if (name === undefined) return { failure: NO_STREAM }
  if (arnRegion !== regionOf(region)) {
    return { failure: 'The kinesis Arn used to enable kinesis replication belongs to a stream which is not in the current region' }
  }
  if (account !== accountOf(region)) {
    return { failure: 'The kinesis Arn used to enable kinesis replication belongs to a stream which is not in Active state' }
  }
  return { name }
}

/** What DynamoDB says of a stream that is not there. */
export const NO_STREAM = 'User does not have a permission to use kinesis stream'

export interface KinesisRecord {
  /** JSON, in one line. */
  readonly data: Uint8Array
  /** The same for all changes of an item. That it is a digest of the item's partition key is a guess: DynamoDB's has 32 such digits. */
  readonly partitionKey: string
}

/** A change with both images, in the order of members that DynamoDB's records have (seen in public reports, 2021 to 2024). */
export function kinesisRecord(
  region: string,
  table: Table,
  { precision = 'MILLISECOND' }: Destination,
  change: ChangeRecord,
): KinesisRecord {
  const { cause, itemKey, before, after } = change
  const keys = decodeItemKey(table.schema, itemKey)
  const dynamodb = encodeAnswer({
    ApproximateCreationDateTime: timeOf(change, precision),
    Keys: jsonBytes(encodeImage(keys)),
    NewImage: after && jsonBytes(after.image),
    OldImage: before && jsonBytes(before.image),
    SizeBytes: itemSizeBytes(keys) + (after?.sizeBytes ?? 0) + (before?.sizeBytes ?? 0),
    ApproximateCreationDateTimePrecision: precision,
  })
  const data = encodeAnswer({
    awsRegion: regionOf(region),
    eventID: eventId(table, change),
    eventName: before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY',
    userIdentity: cause === 'expiry' ? timeToLive : null,
    recordFormat: 'application/json',
    tableName: table.name,
    dynamodb: jsonBytes(dynamodb),
    eventSource: 'aws:dynamodb',
  })
  return { data, partitionKey: digits(partitionOf(itemKey)).toUpperCase() }
}

/** Spelled as in the events of Lambda; a guess. */
const timeToLive = { type: 'Service', principalId: 'dynamodb.amazonaws.com' }

/** Below a millisecond there is no time but an order: that of the changes in it. */
function timeOf({ atMs, sequence }: ChangeRecord, precision: 'MILLISECOND' | 'MICROSECOND'): number {
  return precision === 'MILLISECOND' ? atMs : atMs * 1000 + Math.min(999, Number(sequence & 0xffffn))
}

/** The same when the change comes again, so that it can be told. */
function eventId({ id }: Table, { sequence }: ChangeRecord): string {
  return digits(Buffer.from(`${id} ${sequence}`)).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function digits(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32)
}
