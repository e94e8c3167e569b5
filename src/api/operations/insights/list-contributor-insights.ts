import { isRefusal } from '../../../engine/refusal.ts'
import type { Table } from '../../../engine/table.ts'
import { fromRefusal, validationError } from '../../wire-error.ts'
import { insightOf, tableMissing } from './contributor-insights.ts'
import { operation } from '../operation.ts'
import { tableNameOf } from '../table-lookup.ts'

interface Input {
  readonly TableName?: string
  readonly NextToken?: string
  readonly MaxResults?: number
}

const RESULTS_MAX = 100

/** Those that are on: a table before its indexes, tables by name. A token is where the page before ended. */
export const listContributorInsights = operation<Input>(async (context, { TableName, NextToken, MaxResults = RESULTS_MAX }) => {
  const name = TableName === undefined ? undefined : tableNameOf(context, TableName)
  if (name !== undefined && typeof name !== 'string') return name
  const engine = await context.controlPlane.engine(context.region)
  if (isRefusal(engine)) return fromRefusal(engine)
  const table = name === undefined ? undefined : engine.table(name)
  if (name !== undefined && table === undefined) return tableMissing(name)
  // These two texts are guesses.
  if (MaxResults < 1) return validationError('MaxResults must be at least 1')
  const after = NextToken === undefined ? undefined : decodeToken(NextToken)
  if (after === undefined && NextToken !== undefined) return validationError('Invalid NextToken')

  const all = (table === undefined ? engine.tables() : [table]).flatMap(enabledIn)
  const rest = all.filter((each) => after === undefined || isBehind(each, after))
  const page = rest.slice(0, MaxResults)
  const last = page.at(-1)
  return {
    ContributorInsightsSummaries: page.map(({ tableName, indexName, mode }) => ({
      TableName: tableName,
      IndexName: indexName,
      ContributorInsightsStatus: 'ENABLED',
      ContributorInsightsMode: mode,
    })),
    NextToken: rest.length > MaxResults && last !== undefined ? encodeToken(last) : undefined,
  }
})

interface Place {
  readonly tableName: string
  readonly indexName: string | undefined
}

function enabledIn(table: Table) {
  const global = table.indexes.filter(({ kind }) => kind === 'global').map(({ name }) => name)
  return [undefined, ...global.sort()].flatMap((indexName) => {
    const insight = insightOf(table, indexName)
    return insight?.enabled === true ? [{ tableName: table.name, indexName, mode: insight.mode }] : []
  })
}

function isBehind({ tableName, indexName = '' }: Place, { tableName: table, indexName: index = '' }: Place): boolean {
  return tableName > table || (tableName === table && indexName > index)
}

function encodeToken({ tableName, indexName }: Place): string {
  return Buffer.from(`${tableName}/${indexName ?? ''}`).toString('base64')
}

function decodeToken(token: string): Place | undefined {
  const [tableName, indexName, ...rest] = Buffer.from(token, 'base64').toString('utf8').split('/')
  if (tableName === undefined || indexName === undefined || rest.length > 0) return undefined
  return { tableName, indexName: indexName === '' ? undefined : indexName }
}
