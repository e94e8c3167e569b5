import type { DeletePlan, InsertPlan, StatementPlan, UpdateStatementPlan } from '../../../expression/partiql.ts'
import { bindStatement, parseStatement } from '../../../expression/partiql.ts'
import type { AttributeValue } from '../../../item/attribute-value.ts'
import { isInvalid } from '../../../item/invalid.ts'
import { parseAttributeValue } from '../../../item/parse-attribute-value.ts'
import type { WireError } from '../../wire-error.ts'
import { fromInvalid } from '../../wire-error.ts'

/** What the operations that execute PartiQL statements have in common: one statement with its parameters. */
export interface StatementInput {
  readonly Statement: string
  readonly Parameters?: readonly unknown[]
  readonly ReturnValuesOnConditionCheckFailure?: 'ALL_OLD' | 'NONE'
}

/** Everything that can be said of a statement without its table. */
export function understand({ Statement, Parameters = [] }: StatementInput): StatementPlan | WireError {
  const parameters: AttributeValue[] = []
  for (const json of Parameters) {
    const parameter = parseAttributeValue(json)
    if (isInvalid(parameter)) return fromInvalid(parameter)
    parameters.push(parameter.value)
  }
  const parsed = parseStatement(Statement)
  if (isInvalid(parsed)) return fromInvalid(parsed)
  const plan = bindStatement(parsed, parameters)
  return isInvalid(plan) ? fromInvalid(plan) : plan
}

export function isWrite(plan: StatementPlan): plan is InsertPlan | UpdateStatementPlan | DeletePlan {
  return plan.kind === 'insert' || plan.kind === 'update' || plan.kind === 'delete'
}
