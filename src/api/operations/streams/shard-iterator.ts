import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Sequence } from '../../../engine/change-log.ts'
import type { Table } from '../../../engine/table.ts'
import { parseStreamArn } from '../arn.ts'

/**
 * A shard iterator: the stream's ARN, which says who may use it, and a position that only we can read:
 *
 *   ARN|1|base64( made at(8) sequence(8) from the horizon(1) seal(16) shard id )
 *
 * The seal binds the position to the ARN and to this very table. It tells a position that was made up or moved to another stream from one
 * that was given out; it guards nothing, for whoever may read the stream may read all of it.
 */
export interface ShardPosition {
  readonly madeAtMs: number
  readonly shardId: string
  /** The first number that is to be read. */
  readonly sequence: Sequence
  /** Wherever the shard begins by the time that it is used; otherwise what was trimmed meanwhile is missed. */
  readonly fromHorizon: boolean
}

export const ITERATOR_LIFE_MS = 15 * 60 * 1000

export function encodeIterator(arn: string, table: Table, { madeAtMs, shardId, sequence, fromHorizon }: ShardPosition): string {
  const bytes = Buffer.alloc(shardIdAt + shardId.length)
  bytes.writeBigUInt64BE(BigInt(madeAtMs), 0)
  bytes.writeBigUInt64BE(sequence, 8)
  bytes[16] = fromHorizon ? 1 : 0
  bytes.write(shardId, shardIdAt, 'latin1')
  bytes.set(sealOf(arn, table, bytes), sealAt)
  return `${arn}${separator}${bytes.toString('base64')}`
}

/** The ARN in what may be an iterator; undefined when it cannot be one. */
export function streamOfIterator(text: string): string | undefined {
  const arn = text.slice(0, Math.max(0, text.indexOf(separator)))
  return parseStreamArn(arn) === undefined ? undefined : arn
}

/** Undefined when this is no iterator of this table's stream. */
export function decodeIterator(text: string, arn: string, table: Table): ShardPosition | undefined {
  const encoded = text.slice(arn.length + separator.length)
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.length <= shardIdAt || bytes.toString('base64') !== encoded) return undefined
  if (!timingSafeEqual(bytes.subarray(sealAt, shardIdAt), sealOf(arn, table, bytes))) return undefined
  return {
    madeAtMs: Number(bytes.readBigUInt64BE(0)),
    sequence: bytes.readBigUInt64BE(8),
    fromHorizon: bytes[16] === 1,
    shardId: bytes.toString('latin1', shardIdAt),
  }
}

const separator = '|1|'
const sealAt = 17
const sealBytes = 16
const shardIdAt = sealAt + sealBytes

function sealOf(arn: string, table: Table, bytes: Buffer): Buffer {
  const sealed = createHmac('sha256', table.id).update(arn).update(bytes.subarray(0, sealAt)).update(bytes.subarray(shardIdAt))
  return sealed.digest().subarray(0, sealBytes)
}
