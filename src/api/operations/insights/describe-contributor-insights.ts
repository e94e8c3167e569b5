import { rulesOf } from '../../contributors.ts'
import { isWireError } from '../../wire-error.ts'
import { insightOf, insightTarget } from './contributor-insights.ts'
import { operation } from '../operation.ts'

interface Input {
  readonly TableName: string
  readonly IndexName?: string
}

/** Where they were never on, nothing but that is told; where they are off again, there are no rules. */
export const describeContributorInsights = operation<Input>(async (context, { TableName, IndexName }) => {
  const target = await insightTarget(context, TableName, IndexName)
  if (isWireError(target)) return target
  const { table } = target
  const insight = insightOf(table, IndexName)
  return {
    TableName: table.name,
    IndexName,
    ContributorInsightsRuleList: insight?.enabled === true ? rulesOf(table, IndexName, insight).map(({ name }) => name) : undefined,
    ContributorInsightsStatus: insight?.enabled === true ? 'ENABLED' : 'DISABLED',
    LastUpdateDateTime: insight && insight.changedAtMs / 1000,
    ContributorInsightsMode: insight?.mode,
  }
})
