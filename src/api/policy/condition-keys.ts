import type { Table } from '../../engine/table.ts'
import type { BoundExpressions } from '../../expression/bind.ts'
import { conditionAttributes } from '../../expression/condition.ts'
import type { StatementPlan } from '../../expression/partiql.ts'
import { planAccess } from '../../expression/partiql.ts'
import { projectedAttributes } from '../../expression/projection.ts'
import type { UpdateOperand, UpdatePlan } from '../../expression/update.ts'
import type { AttributeValue } from '../../item/attribute-value.ts'
import { isInvalid } from '../../item/invalid.ts'
import type { IndexKeySchema } from '../../item/key-schema.ts'
import { asIndexKeySchema } from '../../item/key-schema.ts'
import { parseAttributeValue } from '../../item/parse-attribute-value.ts'
import type { Caller } from '../caller.ts'
import type { PlanInput } from '../operations/items/expressions.ts'
import { bind, bindParameters } from '../operations/items/expressions.ts'
import { understand } from '../operations/statements/statement.ts'
import type { Access, Part } from '../requested-access.ts'
import { isWireError } from '../wire-error.ts'

/**
 * What a request says of the keys that conditions may ask for (Service Authorization Reference, "Condition keys for Amazon DynamoDB";
 * IAM user guide, "AWS global condition context keys"; developer guide, "Using IAM policy conditions for fine-grained access control").
 *
 * Names and values of expressions are read as the operation will read them, so a number is compared in its normal form and a placeholder by what it
 * stands for. What a request that cannot be carried out would have said does not matter: it is refused.
 */
export interface Asked {
  readonly access: Access
  /** Undefined: there is no such table. */
  readonly table: Table | undefined
  readonly caller: Caller
  readonly nowMs: number
}

/** What a request says of a condition key, whose name is in lower case; undefined when it says nothing. */
export type ConditionValues = (key: string) => readonly string[] | undefined

type Reader = (asked: Asked) => readonly string[] | undefined

const readers: Readonly<Record<string, Reader>> = {
  'aws:principalarn': ({ caller }) => [caller.arn],
  'aws:principalaccount': ({ caller }) => [caller.account],
  'aws:principaltype': ({ caller }) => [caller.arn.endsWith(':root') ? 'Account' : 'User'],
  'aws:username': ({ caller }) => (caller.arn.includes(':user/') ? [caller.arn.slice(caller.arn.lastIndexOf('/') + 1)] : undefined),
  'aws:sourceip': ({ caller }) => (caller.sourceIp === undefined ? undefined : [caller.sourceIp]),
  'aws:securetransport': ({ caller }) => [String(caller.secure)],
  'aws:currenttime': ({ nowMs }) => [new Date(nowMs).toISOString()],
  'aws:epochtime': ({ nowMs }) => [String(Math.floor(nowMs / 1000))],
  'aws:requestedregion': ({ access }) => [access.region],
  // Of services that act for a resource (`replication-permission.ts`); nobody calls for one.
  'aws:sourceaccount': () => undefined,
  'aws:sourcearn': () => undefined,
  'dynamodb:leadingkeys': leadingKeys,
  'dynamodb:attributes': attributes,
  'dynamodb:select': select,
  'dynamodb:returnvalues': members('ReturnValues'),
  'dynamodb:returnconsumedcapacity': members('ReturnConsumedCapacity'),
  'dynamodb:enclosingoperation': ({ access }) => (access.enclosing === undefined ? undefined : [access.enclosing]),
  'dynamodb:fulltablescan': (asked) =>
    asked.access.action === 'PartiQLSelect' ? [String((leadingKeys(asked)?.length ?? 0) === 0)] : undefined,
}

/** In lower case: names of condition keys are alike in any case. */
export const knownConditionKeys: ReadonlySet<string> = new Set(Object.keys(readers))

/** Each key is read when a condition first asks for it. */
export function conditionValues(asked: Asked): ConditionValues {
  const known = new Map<string, readonly string[] | undefined>()
  return (key) => {
    if (!known.has(key)) known.set(key, readers[key]?.(asked))
    return known.get(key)
  }
}

/** Values of the partition key that the request names. A scan names none. */
function leadingKeys({ access, table }: Asked): readonly string[] | undefined {
  const keys = table && keysRead(access, table)
  if (keys === undefined) return undefined
  const names = keys.partition.map(({ name }) => name)
  const values = partsOf(access).flatMap((part) => {
    if (part.statement !== undefined) return statementKeys(part, keys)
    const item = recordIn(part.body['Key']) ?? recordIn(part.body['Item'])
    if (item !== undefined) return names.flatMap((name) => valueOf(item[name]) ?? [])
    const conditions = access.action === 'Query' ? (expressionsOf(access.action, part)?.keyCondition?.conditions ?? []) : []
    return conditions.flatMap(({ attribute, range }) => (range.op === '=' && names.includes(attribute) ? [textOf(range.value)] : []))
  })
  return values.length === 0 ? undefined : values
}

function statementKeys(part: Part, keys: IndexKeySchema): readonly string[] {
  const plan = planOf(part)
  if (plan === undefined) return []
  if (plan.kind === 'insert') return keys.partition.flatMap(({ name }) => valueOf(plan.item[name]) ?? [])
  const access = planAccess(plan.kind === 'exists' ? plan.select.condition : plan.condition, keys)
  return access === undefined || isInvalid(access) ? [] : access.partitions.flat().map(textOf)
}

/** Names of the top-level attributes that the request names, in its key, its item or its expressions. */
function attributes({ access, table }: Asked): readonly string[] | undefined {
  const names = new Set<string>()
  const add = (more: Iterable<string>): void => {
    for (const name of more) names.add(name)
  }
  for (const part of partsOf(access)) {
    add(Object.keys(recordIn(part.body['Key']) ?? {}))
    add(Object.keys(recordIn(part.body['Item']) ?? {}))
    if (part.statement === undefined) {
      const bound = expressionsOf(access.action, part)
      add(bound === undefined ? [] : attributesIn(bound))
    } else {
      const plan = planOf(part)
      const source = plan?.kind === 'exists' ? plan.select : plan
      if (source === undefined) continue
      if (source.kind === 'insert') add(Object.keys(source.item))
      else {
        const { condition } = source
        const projection = source.kind === 'select' ? source.projection : undefined
        const update = source.kind === 'update' ? source.update : undefined
        add(attributesIn({ condition, projection, update, filter: undefined, keyCondition: undefined }))
      }
    }
  }
  return table === undefined || names.size === 0 ? undefined : [...names]
}

function attributesIn({ condition, filter, keyCondition, projection, update }: BoundExpressions): readonly string[] {
  return [
    ...(condition === undefined ? [] : conditionAttributes(condition)),
    ...(filter === undefined ? [] : conditionAttributes(filter)),
    ...(keyCondition?.conditions ?? []).map(({ attribute }) => attribute),
    ...(projection === undefined ? [] : projectedAttributes(projection)),
    ...(update === undefined ? [] : updateAttributes(update)),
  ]
}

function updateAttributes({ actions }: UpdatePlan): readonly string[] {
  return actions.flatMap((action) => [String(action.path[0]), ...(action.kind === 'set' ? operandAttributes(action.value) : [])])
}

function operandAttributes(operand: UpdateOperand): readonly string[] {
  switch (operand.kind) {
    case 'path':
      return [String(operand.path[0])]
    case 'value':
      return []
    case 'if-not-exists':
      return [String(operand.path[0]), ...operandAttributes(operand.otherwise)]
    case 'list-append':
      return [...operandAttributes(operand.first), ...operandAttributes(operand.second)]
    case 'arithmetic':
      return [...operandAttributes(operand.left), ...operandAttributes(operand.right)]
  }
}

/** What a read that does not say it selects is a guess: the attributes that it names, else all of them. */
function select({ access }: Asked): readonly string[] | undefined {
  if (!reads.has(access.action)) return undefined
  const selected = partsOf(access).map((part) => {
    const { Select: said, ProjectionExpression, AttributesToGet } = part.body
    if (typeof said === 'string') return said
    const plan = part.statement === undefined ? undefined : planOf(part)
    const projected = plan?.kind === 'select' ? plan.projection !== undefined : (ProjectionExpression ?? AttributesToGet) !== undefined
    if (projected) return 'SPECIFIC_ATTRIBUTES'
    return access.resource.includes('/index/') && part.statement === undefined ? 'ALL_PROJECTED_ATTRIBUTES' : 'ALL_ATTRIBUTES'
  })
  return [...new Set(selected)]
}

const reads: ReadonlySet<string> = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan', 'PartiQLSelect'])

function members(name: string): Reader {
  return ({ access }) => {
    const said = [...partsOf(access).map(({ body }) => body[name]), access.input?.[name]].filter((value) => typeof value === 'string')
    return said.length === 0 ? undefined : [...new Set(said)]
  }
}

function keysRead({ resource }: Access, table: Table): IndexKeySchema | undefined {
  const [, , kind, name] = resource.split('/', 4)
  if (kind === undefined) return asIndexKeySchema(table.schema)
  return kind === 'index' ? table.indexes.find((index) => index.name === name) : undefined
}

function partsOf({ parts }: Access): readonly Part[] {
  return parts?.() ?? []
}

const bound = { condition: undefined, projection: undefined } as const

/** Undefined for what cannot be understood, and for operations without expressions. */
function expressionsOf(action: string, { body }: Part): BoundExpressions | undefined {
  const input = body as PlanInput
  const expressions =
    action in withParameters
      ? bindParameters(action as keyof typeof withParameters, input)
      : action === 'ConditionCheckItem'
        ? bind(input, { ...bound, condition: input.ConditionExpression })
        : undefined
  return isWireError(expressions) ? undefined : expressions
}

const withParameters = { PutItem: 0, UpdateItem: 0, DeleteItem: 0, GetItem: 0, BatchGetItem: 0, Query: 0, Scan: 0 }

function planOf({ statement }: Part): StatementPlan | undefined {
  const plan = statement && understand(statement)
  return isWireError(plan) ? undefined : plan
}

function valueOf(json: unknown): string | undefined {
  const parsed = parseAttributeValue(json)
  return isInvalid(parsed) ? undefined : textOf(parsed.value)
}

/** How key values are written in policies; binary ones in base64, which is a guess. */
function textOf(value: AttributeValue): string {
  return 'S' in value ? value.S : 'N' in value ? value.N : 'B' in value ? value.B : JSON.stringify(value)
}

function recordIn(json: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Readonly<Record<string, unknown>>) : undefined
}
