import type { Insight } from '../../../engine/table.ts'
import { isWireError } from '../../wire-error.ts'
import { hasGlobalIndex, indexMissing, insightOf, insightTarget, tableMissing } from './contributor-insights.ts'
import { operation } from '../operation.ts'

interface Input {
  readonly TableName: string
  readonly IndexName?: string
  readonly ContributorInsightsAction: 'ENABLE' | 'DISABLE'
  readonly ContributorInsightsMode?: Insight['mode']
}

/** The answer says that it is under way, as DynamoDB's does; by the next look it is done. What is so already stays as it is. */
export const updateContributorInsights = operation<Input>(async (context, input) => {
  const target = await insightTarget(context, input.TableName, input.IndexName)
  if (isWireError(target)) return target
  const { name } = target.table
  let outcome: { readonly status: string; readonly mode: Insight['mode'] | undefined } | undefined
  const changed = await target.engine.changeTable(name, (table) => {
    outcome = undefined
    if (input.IndexName !== undefined && !hasGlobalIndex(table, input.IndexName)) return {}
    const before = insightOf(table, input.IndexName)
    const after = changedInsight(before, input, context.nowMs)
    const isDone = after === before
    const status = input.ContributorInsightsAction === 'ENABLE' ? (isDone ? 'ENABLED' : 'ENABLING') : isDone ? 'DISABLED' : 'DISABLING'
    outcome = { status, mode: after?.mode }
    return after === undefined || isDone
      ? {}
      : { own: { ...table.own, insights: { ...table.own.insights, [input.IndexName ?? '']: after } } }
  })
  if (changed === undefined) return tableMissing(name)
  if (outcome === undefined) return indexMissing(name, input.IndexName ?? '')
  const { status, mode } = outcome
  return { TableName: name, IndexName: input.IndexName, ContributorInsightsStatus: status, ContributorInsightsMode: mode }
})

/** A change of the mode keeps the rules that stay (observed on AWS, 2026-10). */
function changedInsight(before: Insight | undefined, input: Input, nowMs: number): Insight | undefined {
  const { ContributorInsightsAction: action, ContributorInsightsMode: wanted } = input
  if (action === 'DISABLE') return before?.enabled === true ? { ...before, enabled: false, changedAtMs: nowMs } : before
  if (before?.enabled !== true) {
    return { enabled: true, mode: wanted ?? 'ACCESSED_AND_THROTTLED_KEYS', rulesMadeAtMs: nowMs, changedAtMs: nowMs }
  }
  return wanted === undefined || wanted === before.mode ? before : { ...before, mode: wanted, changedAtMs: nowMs }
}
