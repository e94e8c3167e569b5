import { parseTableArn } from './operations/arn.ts'

/**
 * The tables and Regions that a request names, for deciding whether its key may touch them. It runs before the input is checked,
 * so it takes any JSON. A request that names no table is one on the whole account, `*`.
 */
export function namedTables(input: unknown): readonly string[] {
  const { TableName, ResourceArn, RequestItems, TransactItems } = record(input)
  const names = [TableName, ResourceArn, ...Object.keys(record(RequestItems))]
  if (Array.isArray(TransactItems)) {
    for (const entry of TransactItems) for (const action of Object.values(record(entry))) names.push(record(action)['TableName'])
  }
  const tables = names.filter((name) => typeof name === 'string').map((name) => parseTableArn(name)?.tableName ?? name)
  return tables.length === 0 ? ['*'] : tables
}

/** The Regions that an UpdateTable reaches into, beside the one that was called. */
export function namedRegions(input: unknown): readonly string[] {
  const { ReplicaUpdates, GlobalTableWitnessUpdates } = record(input)
  return [...Object.values(record(ReplicaUpdates)), ...Object.values(record(GlobalTableWitnessUpdates))]
    .flatMap((update) => Object.values(record(update)))
    .map((action) => record(action)['RegionName'])
    .filter((name) => typeof name === 'string')
}

function record(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {}
}
