import { isRefusal } from '../../../engine/refusal.ts'
import type { RegionEngine } from '../../../engine/region-engine.ts'
import { isReadable } from '../../../engine/stream-shards.ts'
import type { Table } from '../../../engine/table.ts'
import { fromRefusal, resourceNotFound, validationError } from '../../wire-error.ts'
import { parseStreamArn, streamArn } from '../arn.ts'
import { operation } from '../operation.ts'
import { limitProblem, tablesNamed } from './stream-lookup.ts'

interface Input {
  readonly TableName?: string
  readonly Limit?: number
  readonly ExclusiveStartStreamArn?: string
}

const STREAMS_MAX = 100

/** By table and age, those also that were disabled within 24 hours. The order is our own; DynamoDB promises none. */
export const listStreams = operation<Input>(
  async ({ controlPlane, region }, { TableName, Limit = STREAMS_MAX, ExclusiveStartStreamArn }) => {
    const tooMany = limitProblem(Limit, STREAMS_MAX)
    if (tooMany !== undefined) return tooMany
    const start = ExclusiveStartStreamArn === undefined ? undefined : parseStreamArn(ExclusiveStartStreamArn)
    if (ExclusiveStartStreamArn !== undefined && start === undefined) return validationError('Invalid StreamArn')
    const engine = await controlPlane.engine(region)
    if (isRefusal(engine)) return fromRefusal(engine)
    const tables = TableName === undefined ? allTables(engine) : tablesNamed(engine, TableName)
    if (TableName !== undefined && tables.length === 0) {
      return resourceNotFound(`Requested resource not found: Table: ${TableName} not found`)
    }
    const nowMs = engine.clock.nowMs()
    const all = tables.flatMap((table) => readableStreams(region, table, nowMs))
    const rest = all.filter(
      ({ TableName: table, StreamLabel }) =>
        start === undefined || table > start.tableName || (table === start.tableName && StreamLabel > start.label),
    )
    const streams = rest.slice(0, Limit)
    return { Streams: streams, LastEvaluatedStreamArn: rest.length > Limit ? streams.at(-1)?.StreamArn : undefined }
  },
)

/** By name, and those of one name by age: labels are times, and grow. */
function allTables(engine: RegionEngine): readonly Table[] {
  return [...engine.endedTables(), ...engine.tables()].sort((a, b) => (a.name === b.name ? a.number - b.number : a.name < b.name ? -1 : 1))
}

interface StreamSummary {
  readonly StreamArn: string
  readonly TableName: string
  readonly StreamLabel: string
}

function readableStreams(region: string, { name, streams }: Table, nowMs: number): readonly StreamSummary[] {
  return streams
    .filter((stream) => isReadable(stream, nowMs))
    .map(({ label }) => ({ StreamArn: streamArn(region, name, label), TableName: name, StreamLabel: label }))
}
