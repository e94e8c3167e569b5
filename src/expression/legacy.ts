/**
 * The parameters from before expressions, to the same plans that expressions give: whatever evaluates a plan cannot tell them apart.
 * The second door of this room, beside `bind.ts`; which of them a request may combine is for the caller to say.
 */
import type { Invalid } from '../item/invalid.ts'
import { invalid, isInvalid } from '../item/invalid.ts'
import type { BoundExpressions } from './bind.ts'
import type { AttributeUpdates } from './legacy/attribute-updates.ts'
import { updatePlan } from './legacy/attribute-updates.ts'
import { invalidParameters } from './legacy/comparison.ts'
import type { Expected } from './legacy/expected.ts'
import { expectedPlan } from './legacy/expected.ts'
import type { ConditionalOperator, Conditions } from './legacy/filter.ts'
import { filterPlan } from './legacy/filter.ts'
import { keyConditionPlan } from './legacy/key-conditions.ts'
import { ValueReader } from './legacy/value-reader.ts'
import { buildPathTree } from './path-tree.ts'
import type { ProjectionPlan } from './projection.ts'

/** As the service model has them, and checked against it; attribute values have not been looked at. */
export interface LegacyParameters {
  readonly AttributesToGet?: readonly string[]
  readonly AttributeUpdates?: AttributeUpdates
  readonly QueryFilter?: Conditions
  readonly ScanFilter?: Conditions
  readonly Expected?: Expected
  readonly ConditionalOperator?: ConditionalOperator
  readonly KeyConditions?: Conditions
}

/** A plan is undefined where its parameter was not given, or asks for nothing. Which of several mistakes is found first is a guess. */
export function translateLegacy(parameters: LegacyParameters): BoundExpressions | Invalid {
  const { AttributesToGet, AttributeUpdates, Expected, ConditionalOperator: operator = 'AND', KeyConditions } = parameters
  const conditions = parameters.QueryFilter ?? parameters.ScanFilter
  const reader = new ValueReader()
  const update = AttributeUpdates && updatePlan(AttributeUpdates, reader)
  const condition = Expected && expectedPlan(Expected, operator, reader)
  const projection = AttributesToGet && projectionPlan(AttributesToGet)
  const filter = conditions && filterPlan(conditions, operator, reader)
  const keyCondition = KeyConditions && keyConditionPlan(KeyConditions, reader)
  const misread = reader.problem ?? operatorProblem(parameters)
  if (misread !== undefined) return misread
  if (isInvalid(update)) return update
  if (isInvalid(condition)) return condition
  if (isInvalid(projection)) return projection
  if (isInvalid(filter)) return filter
  if (isInvalid(keyCondition)) return keyCondition
  return { update, condition, projection, filter, keyCondition }
}

/** Both texts were seen in 2026. That an empty map counts as given is a guess. */
function operatorProblem({ ConditionalOperator, Expected, QueryFilter, ScanFilter }: LegacyParameters): Invalid | undefined {
  if (ConditionalOperator === undefined) return undefined
  const joined = Expected ?? QueryFilter ?? ScanFilter
  if (joined === undefined) return invalid('ConditionalOperator cannot be used without Filter or Expected')
  if (Object.keys(joined).length >= 2) return undefined
  return invalid('ConditionalOperator can only be used when Filter or Expected has two or more elements')
}

/** Names are whole names of top-level attributes, never paths. The text is recalled. */
function projectionPlan(names: readonly string[]): ProjectionPlan | Invalid {
  const twice = names.find((name, at) => names.indexOf(name) < at)
  if (twice !== undefined) return invalidParameters(`Duplicate value in attribute name: ${twice}`)
  const paths = buildPathTree(names.map((name) => [name]))
  return typeof paths === 'string' ? invalid(paths) : { paths }
}
