import type { RegionEngine } from '../../../engine/region-engine.ts'
import { isRefusal } from '../../../engine/refusal.ts'
import type { LogPosition } from '../../../engine/stream-reader.ts'
import { logPosition } from '../../../engine/stream-reader.ts'
import type { Shard } from '../../../engine/stream-shards.ts'
import { isReadable, shardsOf } from '../../../engine/stream-shards.ts'
import type { Stream, Table } from '../../../engine/table.ts'
import type { WireError } from '../../wire-error.ts'
import { fromRefusal, resourceNotFound, validationError } from '../../wire-error.ts'
import { parseStreamArn } from '../arn.ts'
import type { CallContext } from '../operation.ts'

/** A stream of this Region that can be read, with its shards as they are now. */
export interface OpenStream {
  readonly arn: string
  readonly engine: RegionEngine
  readonly table: Table
  readonly stream: Stream
  readonly position: LogPosition
  readonly shards: readonly Shard[]
}

/** From what a client wrote as `StreamArn` to the stream. */
export async function openStream(context: CallContext, arn: string): Promise<OpenStream | WireError> {
  const named = parseStreamArn(arn)
  if (named === undefined) return validationError('Invalid StreamArn')
  const engine = await context.controlPlane.engine(context.region)
  if (isRefusal(engine)) return fromRefusal(engine)
  const missing = resourceNotFound(`Requested resource not found: Stream: ${arn} not found`)
  if (named.region !== context.region) return missing
  const found = streamNamed(engine, named.tableName, named.label)
  if (found === undefined) return missing
  const { table, stream } = found
  const position = await logPosition(engine, table)
  if (!isReadable(stream, position.nowMs)) return missing
  return { arn, engine, table, stream, position, shards: shardsOf(stream, position.nowMs) }
}

/** A label is one stream's, whatever tables of the name came after its own. */
function streamNamed(engine: RegionEngine, tableName: string, streamLabel: string): { table: Table; stream: Stream } | undefined {
  for (const table of tablesNamed(engine, tableName)) {
    const stream = table.streams.find(({ label }) => label === streamLabel)
    if (stream !== undefined) return { table, stream }
  }
  return undefined
}

/** Those of the name that were dropped and whose streams are kept, and the one that is there. */
export function tablesNamed(engine: RegionEngine, tableName: string): readonly Table[] {
  const table = engine.table(tableName)
  const ended = engine.endedTables().filter(({ name }) => name === tableName)
  return table === undefined ? ended : [...ended, table]
}

/** Text observed. */
export const shardGone: WireError = resourceNotFound('Requested resource not found: Shard does not exist')

/** The model knows no maximum; the text is that of maxima which it does know. */
export function limitProblem(limit: number, max: number): WireError | undefined {
  if (limit <= max) return undefined
  return validationError(
    `1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: Member must have value less than or equal to ${max}`,
  )
}
