import { tablesCalled } from '../../world/inspection.ts'
import type { AdminContext } from '../context.ts'
import type { Reply } from '../reply.ts'
import { ok, Rejection } from '../reply.ts'
import type { ContributorsReply } from '../wire.ts'

/** The keys of a table, or of a global index, that are used and throttled most, where Contributor Insights are on. */
export function contributors({ world, contributors: watched, clock }: AdminContext, table: string, query: URLSearchParams): Reply {
  const wanted = query.get('region')
  const indexName = query.get('index') ?? undefined
  const keysMax = parseLimit(query.get('limit'))
  const found = tablesCalled(world, table).filter(({ region }) => wanted === null || wanted === region)
  const [only, ...others] = found
  if (only === undefined) throw new Rejection(404, `There is no table ${table}${wanted === null ? '' : ` in ${wanted}`}.`)
  if (others.length > 0) throw new Rejection(400, `The table ${table} is in several Regions; say which one, as in region=${only.region}.`)
  const report = watched.report(only.table, indexName, keysMax, clock.nowMs())
  if (report === undefined) {
    const what = indexName === undefined ? table : `the index ${indexName} of ${table}`
    throw new Rejection(404, `Contributor Insights are not on for ${what} in ${only.region}; UpdateContributorInsights puts them on.`)
  }
  const body: ContributorsReply = {
    table,
    region: only.region,
    ...(indexName === undefined ? {} : { index: indexName }),
    mode: report.mode,
    since: new Date(report.sinceMs).toISOString(),
    rules: report.rules.map(({ rule, top }) => ({
      name: rule,
      contributors: top.map(({ key, weight, errorMax }) => ({
        key: JSON.parse(key) as Readonly<Record<string, unknown>>,
        value: weight,
        errorMax,
      })),
    })),
  }
  return ok(body)
}

/** As many as CloudWatch shows of DynamoDB's rules at most. */
const limitMax = 25

function parseLimit(text: string | null): number {
  if (text === null) return 10
  const limit = Number(text)
  if (!Number.isInteger(limit) || limit < 1 || limit > limitMax)
    throw new Rejection(400, `limit must be a whole number from 1 to ${limitMax}.`)
  return limit
}
