import { regionOf } from '../../../base/account-region.ts'
import { createHash } from 'node:crypto'
import type { ChangeRecord } from '../../../engine/change-log.ts'
import { encodeImage } from '../../../engine/stored-item.ts'
import type { Stream, StreamView, Table } from '../../../engine/table.ts'
import { decodeItemKey } from '../../../item/item-key.ts'
import { itemSizeBytes } from '../../../item/item-size.ts'
import { encodeAnswer, jsonBytes } from '../../answer.ts'
import { printSequence } from './sequence-number.ts'

/** One change as GetRecords shows it: what it is called, the key, and the images that the stream's view is made of. */
export function streamRecord(region: string, table: Table, { view }: Stream, change: ChangeRecord): Uint8Array {
  const { sequence, atMs, cause, itemKey, before, after } = change
  const keys = decodeItemKey(table.schema, itemKey)
  const newImage = showsNew.has(view) ? after : undefined
  const oldImage = showsOld.has(view) ? before : undefined
  const record = {
    ApproximateCreationDateTime: Math.floor(atMs / 1000),
    Keys: jsonBytes(encodeImage(keys)),
    NewImage: newImage && jsonBytes(newImage.image),
    OldImage: oldImage && jsonBytes(oldImage.image),
    SequenceNumber: printSequence(sequence),
    SizeBytes: itemSizeBytes(keys) + (newImage?.sizeBytes ?? 0) + (oldImage?.sizeBytes ?? 0),
    StreamViewType: view,
  }
  return encodeAnswer({
    eventID: eventId(table, change),
    eventName: before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: regionOf(region),
    dynamodb: jsonBytes(encodeAnswer(record)),
    userIdentity: cause === 'expiry' ? timeToLive : undefined,
  })
}

const showsNew: ReadonlySet<StreamView> = new Set(['NEW_IMAGE', 'NEW_AND_OLD_IMAGES'])
const showsOld: ReadonlySet<StreamView> = new Set(['OLD_IMAGE', 'NEW_AND_OLD_IMAGES'])

/** Who deletes expired items, in the Region where it is done (developer guide, "DynamoDB Streams and Time to Live"). */
const timeToLive = { PrincipalId: 'dynamodb.amazonaws.com', Type: 'Service' }

/** The same at every reading: 32 digits, as DynamoDB's have. */
function eventId({ id }: Table, { sequence }: ChangeRecord): string {
  return createHash('sha256').update(`${id} ${sequence}`).digest('hex').slice(0, 32)
}
