import type { BoundExpressions, ExpressionRequest } from '../../../expression/bind.ts'
import { bindExpressions } from '../../../expression/bind.ts'
import type { LegacyParameters } from '../../../expression/legacy.ts'
import { translateLegacy } from '../../../expression/legacy.ts'
import type { Invalid } from '../../../item/invalid.ts'
import { isInvalid } from '../../../item/invalid.ts'
import { parseAttributeValue, parseItem } from '../../../item/parse-attribute-value.ts'
import type { WireError } from '../../wire-error.ts'
import { fromInvalid, isWireError, validationError } from '../../wire-error.ts'

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
  if (isInvalid(values)) return fromInvalid(inExpressionValues(values, json))
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

/** DynamoDB says where the value stood that it does not take (seen in public reports of many years). */
function inExpressionValues(problem: Invalid, values: unknown): Invalid {
  if (problem.kind === 'serialization' || typeof values !== 'object' || values === null) return problem
  const key = Object.entries(values).find(([, value]) => isInvalid(parseAttributeValue(value)))?.[0]
  const where = key === undefined ? '' : ` for key ${key}`
  return { ...problem, invalid: `ExpressionAttributeValues contains invalid value: ${problem.invalid}${where}` }
}

/** What an operation can be asked with, in expressions or in the parameters that were there before them. */
export interface PlanInput extends Placeholders, LegacyParameters {
  readonly ConditionExpression?: string
  readonly FilterExpression?: string
  readonly KeyConditionExpression?: string
  readonly ProjectionExpression?: string
  readonly UpdateExpression?: string
}

interface Parameters {
  readonly expressions: readonly (keyof Expressions)[]
  readonly legacy: readonly (keyof LegacyParameters)[]
}

/** The operations that are older than expressions. In this order messages name their parameters (recalled, not seen). */
const parametersOf = {
  PutItem: { expressions: ['condition'], legacy: ['Expected', 'ConditionalOperator'] },
  UpdateItem: { expressions: ['update', 'condition'], legacy: ['AttributeUpdates', 'Expected', 'ConditionalOperator'] },
  DeleteItem: { expressions: ['condition'], legacy: ['Expected', 'ConditionalOperator'] },
  GetItem: { expressions: ['projection'], legacy: ['AttributesToGet'] },
  BatchGetItem: { expressions: ['projection'], legacy: ['AttributesToGet'] },
  Query: {
    expressions: ['projection', 'filter', 'keyCondition'],
    legacy: ['AttributesToGet', 'QueryFilter', 'ConditionalOperator', 'KeyConditions'],
  },
  Scan: { expressions: ['projection', 'filter'], legacy: ['AttributesToGet', 'ScanFilter', 'ConditionalOperator'] },
} as const satisfies Record<string, Parameters>

/**
 * What a request asks for, from its expressions or from the parameters that were there before them.
 * @param operation whose parameters they are: others in the input are unknown members, and ignored like those
 */
export function bindParameters(operation: keyof typeof parametersOf, input: PlanInput): BoundExpressions | WireError {
  const parameters: Parameters = parametersOf[operation]
  const expressions: { -readonly [Name in keyof Expressions]: Expressions[Name] } = {}
  for (const name of parameters.expressions) expressions[name] = input[parameterOf[name]]
  const legacy = parameters.legacy.filter((name) => input[name] !== undefined)
  if (legacy.length === 0) return bind(input, expressions)
  const mixed = mixtureProblem(
    legacy,
    parameters.expressions.filter((name) => expressions[name] !== undefined),
  )
  if (mixed !== undefined) return mixed
  const bound = bind(input, expressions)
  if (isWireError(bound)) return bound
  const translated = translateLegacy(Object.fromEntries(legacy.map((name) => [name, input[name]])))
  return isInvalid(translated) ? fromInvalid(translated) : merged(bound, translated)
}

/**
 * DynamoDB refuses a mixture of the two. Only KeyConditions may stand beside expressions, unless one of them is KeyConditionExpression
 * (seen in 2026).
 */
export function mixtureProblem(legacy: Parameters['legacy'], expressions: Parameters['expressions']): WireError | undefined {
  const refused = expressions.includes('keyCondition') ? legacy : legacy.filter((name) => name !== 'KeyConditions')
  if (refused.length === 0 || expressions.length === 0) return undefined
  return validationError(
    'Can not use both expression and non-expression parameters in the same request: ' +
      `Non-expression parameters: {${refused.join(', ')}} Expression parameters: {${expressions.map((name) => parameterOf[name]).join(', ')}}`,
  )
}

/** No plan is in both, or they would have been a mixture. */
function merged(one: BoundExpressions, other: BoundExpressions): BoundExpressions {
  return {
    condition: one.condition ?? other.condition,
    filter: one.filter ?? other.filter,
    keyCondition: one.keyCondition ?? other.keyCondition,
    projection: one.projection ?? other.projection,
    update: one.update ?? other.update,
  }
}
