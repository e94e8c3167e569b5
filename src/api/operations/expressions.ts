import type { BoundExpressions, ExpressionRequest } from '../../expression/bind.ts'
import { bindExpressions } from '../../expression/bind.ts'
import { isInvalid } from '../../item/invalid.ts'
import { parseItem } from '../../item/parse-attribute-value.ts'
import type { WireError } from '../wire-error.ts'
import { fromInvalid, validationError } from '../wire-error.ts'

/** The members that operations with expressions have in common. */
export interface Placeholders {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>
  readonly ExpressionAttributeValues?: unknown
}

type Expressions = Omit<ExpressionRequest, 'names' | 'values'>

/**
 * Binds the expressions of a request.
 * @param expressions those that the operation has, with undefined for those that the client left out
 */
export function bind(input: Placeholders, expressions: Expressions): BoundExpressions | WireError {
  const { ExpressionAttributeNames: names, ExpressionAttributeValues: json } = input
  if (names === undefined && json === undefined && nothingGiven(expressions)) return nothing
  const empty = Object.entries(expressions).find(([, text]) => text === '')?.[0]
  if (empty !== undefined && empty in parameterOf) {
    return validationError(`Invalid ${parameterOf[empty as keyof Expressions]}: The expression can not be empty;`)
  }
  const values = json === undefined ? undefined : parseItem(json)
  if (isInvalid(values)) return fromInvalid(inExpressionValues(values))
  const bound = bindExpressions({ ...expressions, names, values: values?.item })
  return isInvalid(bound) ? fromInvalid(bound) : bound
}

const nothing: BoundExpressions = {
  condition: undefined,
  filter: undefined,
  keyCondition: undefined,
  projection: undefined,
  update: undefined,
}

const parameterOf = {
  condition: 'ConditionExpression',
  filter: 'FilterExpression',
  keyCondition: 'KeyConditionExpression',
  projection: 'ProjectionExpression',
  update: 'UpdateExpression',
} as const

function nothingGiven(expressions: Expressions): boolean {
  for (const name in expressions) if (expressions[name as keyof Expressions] !== undefined) return false
  return true
}

/** DynamoDB says where the value stood that it does not take. */
function inExpressionValues<I extends { readonly invalid: string; readonly kind: string }>(problem: I): I {
  return problem.kind === 'serialization'
    ? problem
    : { ...problem, invalid: `ExpressionAttributeValues contains invalid value: ${problem.invalid}` }
}

const legacy = ['AttributesToGet', 'AttributeUpdates', 'ConditionalOperator', 'Expected', 'KeyConditions', 'QueryFilter', 'ScanFilter']
const modern = ['ConditionExpression', 'FilterExpression', 'KeyConditionExpression', 'ProjectionExpression', 'UpdateExpression']

/** The parameters from before expressions: DynamoDB refuses a mixture, and we refuse them altogether for now. */
export function legacyProblem(input: object): WireError | undefined {
  const old = legacy.filter((name) => name in input)
  const [first] = old
  if (first === undefined) return undefined
  const expressions = modern.filter((name) => name in input)
  if (expressions.length === 0) return validationError(`everywrite does not support the legacy parameter ${first} yet; use an expression`)
  return validationError(
    'Can not use both expression and non-expression parameters in the same request: ' +
      `Non-expression parameters: {${old.join(', ')}} Expression parameters: {${expressions.join(', ')}}`,
  )
}
