/** Inputs of every operation, made from the service model: mostly what an operation takes, with some of it replaced by what nobody should send. */
import fc from 'fast-check'
import type { LinkedMember, LinkedShape } from '../../src/api/validation/linked-shape.ts'
import { inputShapeOf } from '../../src/api/validation/linked-shape.ts'
import type { OperationName } from '../../src/api/service-model.ts'
import { attributeMap, attributeName, attributeValue, hostileJson, hostileText } from './hostile.ts'
import { anyCondition, keyCondition, projection, statement, update } from './texts.ts'

/** There are few, so that a long run does not fill the memory with tables. */
export const tableNames = ['tab0', 'tab1', 'tab2', 'tab3'] as const
const arns = tableNames.map((name) => `arn:aws:dynamodb:us-east-1:000000000000:table/${name}`)
const tableName = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom('tab0', 'tab1') },
  { weight: 6, arbitrary: fc.constantFrom('tab2', 'tab3') },
  { weight: 2, arbitrary: fc.constantFrom(...arns) },
  { weight: 1, arbitrary: hostileText },
)
const key = fc.record({ pk: fc.constantFrom({ S: 'a' }, { S: 'b' }, { S: 'c' }), sk: fc.constantFrom({ N: '1' }, { N: '2' }, { N: '3' }) })
const keyOrOther = fc.oneof({ weight: 12, arbitrary: key }, { weight: 1, arbitrary: attributeMap(attributeName) })
const token = fc.oneof(hostileText, fc.base64String({ maxLength: 80 }))

const definitions = [
  { AttributeName: 'pk', AttributeType: 'S' },
  { AttributeName: 'sk', AttributeType: 'N' },
  { AttributeName: 'g0', AttributeType: 'S' },
  { AttributeName: 'g1', AttributeType: 'N' },
]

/** What stands where a member has this name, whatever its shape says. */
const byMember: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  TableName: tableName,
  TargetTableName: tableName,
  SourceTableName: tableName,
  IndexName: fc.oneof({ weight: 8, arbitrary: fc.constantFrom('global', 'local', 'gsi', 'lsi') }, { weight: 1, arbitrary: hostileText }),
  KeySchema: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(['pk'], ['pk', 'sk'], ['g0', 'g1'], ['pk', 'g1'], ['g0'], ['a', 'b', 'g1']).map(keySchema) },
    { weight: 1, arbitrary: fc.array(attributeName, { maxLength: 5 }).map(keySchema) },
  ),
  AttributeDefinitions: fc.subarray(definitions, { minLength: 2 }),
  Key: keyOrOther,
  ExclusiveStartKey: fc.oneof(
    keyOrOther,
    fc.tuple(key, attributeMap(attributeName)).map(([own, more]) => ({ ...more, ...own })),
  ),
  Item: fc.tuple(attributeMap(attributeName), keyOrOther).map(([more, own]) => ({ ...more, ...own })),
  ExpressionAttributeValues: attributeMap(fc.constantFrom(':a', ':b', ':c', ':d')),
  ExpressionAttributeNames: fc.dictionary(fc.constantFrom('#a', '#b', '#c'), attributeName, { maxKeys: 3 }),
  ConditionExpression: anyCondition,
  FilterExpression: anyCondition,
  KeyConditionExpression: keyCondition,
  ProjectionExpression: projection,
  UpdateExpression: update,
  Statement: statement,
  AttributeName: attributeName,
  NextToken: token,
  ShardIterator: token,
  ShardId: token,
  StreamArn: fc.oneof(fc.constantFrom(...arns.map((arn) => `${arn}/stream/2026-01-01T00:00:00.000`)), hostileText),
  ResourceArn: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...arns) }, { weight: 1, arbitrary: hostileText }),
  RegionName: fc.constantFrom('us-east-1', 'us-west-2', 'eu-west-1', 'eu-north-9', ''),
  Limit: fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 1, max: 5 }) }, { weight: 1, arbitrary: fc.integer() }),
  TotalSegments: fc.constantFrom(1, 2, 4, 1_000_000, 1_000_001, 0),
  Segment: fc.constantFrom(0, 1, 3, 999_999, -1),
  DeletionProtectionEnabled: fc.constantFrom(false, false, false, true),
  ClientRequestToken: fc.constantFrom('a', 'b', '', 'a'.repeat(37)),
}

function keySchema(names: readonly string[]): object[] {
  return names.map((name, at) => ({ AttributeName: name, KeyType: at === 0 ? 'HASH' : 'RANGE' }))
}

/** Refused by name: with one of them a request comes no further. */
const unsupported = new Set([
  'SSESpecification',
  'WarmThroughput',
  'ResourcePolicy',
  'GlobalTableSettingsReplicationMode',
  'GlobalTableWitnessUpdates',
  'MultiRegionConsistency',
])

const legacyMembers = [
  'AttributesToGet',
  'AttributeUpdates',
  'Expected',
  'QueryFilter',
  'ScanFilter',
  'KeyConditions',
  'ConditionalOperator',
]
const expressionMembers = [
  ...['ConditionExpression', 'FilterExpression', 'KeyConditionExpression', 'ProjectionExpression', 'UpdateExpression'],
  ...['ExpressionAttributeNames', 'ExpressionAttributeValues'],
]
const textMembers = expressionMembers.slice(0, 5)

export function inputOf(operation: OperationName): fc.Arbitrary<unknown> {
  return fc
    .tuple(valueOf(inputShapeOf(operation)), fc.nat(9), fc.nat(9))
    .map(([input, older, fit]) =>
      arranged(older < 6 ? without(input, legacyMembers) : older < 9 ? without(input, expressionMembers) : input, fit),
    )
}

function valueOf(shape: LinkedShape, member = ''): fc.Arbitrary<unknown> {
  const special = Object.hasOwn(byMember, member) && !(member === 'Key' && shape.kind === 'text') ? byMember[member] : undefined
  return fc.oneof({ weight: 80, arbitrary: special ?? usualValue(shape) }, { weight: 1, arbitrary: hostileJson })
}

function usualValue(shape: LinkedShape): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'structure':
      return structure(shape)
    case 'list':
      return fc.oneof(
        { weight: 12, arbitrary: fc.array(valueOf(shape.element), { minLength: 1, maxLength: 4 }) },
        { weight: 1, arbitrary: fc.constant([]) },
      )
    case 'map':
      return fc.dictionary(shape.key.name.startsWith('Table') ? tableName : attributeName, valueOf(shape.value), { minKeys: 1, maxKeys: 3 })
    case 'text':
      return shape.allowed === undefined
        ? fc.oneof(attributeName, hostileText)
        : fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...shape.allowed) }, { weight: 1, arbitrary: hostileText })
    case 'number':
      return fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 0, max: 5 }) },
        { weight: 1, arbitrary: fc.constantFrom(-1, 2 ** 31, 2 ** 53, 1.5, 1e300) },
      )
    case 'boolean':
      return fc.boolean()
    case 'opaque':
      return shape.shape.type === 'map' ? keyOrOther : shape.shape.type === 'attributeValue' ? attributeValue : hostileJson
  }
}

/** Required members are there, mostly; the others now and then. Of several that are structures themselves, one is meant, mostly. */
function structure({ members }: Extract<LinkedShape, { kind: 'structure' }>): fc.Arbitrary<unknown> {
  if (members.length > 1 && members.every(({ shape, required }) => shape.kind === 'structure' && !required)) {
    const one = fc.constantFrom(...members).chain(({ name, shape }) => valueOf(shape, name).map((value) => ({ [name]: value })))
    return fc.oneof({ weight: 20, arbitrary: one }, { weight: 1, arbitrary: severalMembers(members) })
  }
  return severalMembers(members)
}

function severalMembers(members: readonly LinkedMember[]): fc.Arbitrary<unknown> {
  return fc
    .tuple(
      ...members.map(({ name, required, shape }) =>
        fc.oneof(
          { weight: required ? 1 : unsupported.has(name) ? 200 : 12, arbitrary: fc.constant(undefined) },
          { weight: required ? 40 : expressionMembers.includes(name) ? 12 : 4, arbitrary: valueOf(shape, name) },
        ),
      ),
    )
    .map((values) => Object.fromEntries(members.flatMap(({ name }, at) => (values[at] === undefined ? [] : [[name, values[at]] as const]))))
}

function without(input: unknown, names: readonly string[]): unknown {
  if (!isRecord(input)) return input
  return Object.fromEntries(Object.entries(input).filter(([name]) => !names.includes(name)))
}

/** Where there are expressions, mostly just the placeholders that they use: otherwise that is all that is ever found. */
function arranged(input: unknown, fit: number): unknown {
  if (fit === 0) return input
  if (Array.isArray(input)) return input.map((element) => arranged(element, fit))
  if (!isRecord(input)) return input
  const inner = Object.fromEntries(
    Object.entries(input).map(([name, value]) => [name, name === 'Item' || name === 'Key' ? value : arranged(value, fit)]),
  )
  const texts = textMembers.flatMap((name) => (typeof input[name] === 'string' ? [input[name]] : []))
  if (texts.length === 0) return without(inner, expressionMembers)
  const used = new Set(texts.join(' ').match(/[#:][a-d]\b/g) ?? [])
  return {
    ...inner,
    ...placeholders('ExpressionAttributeNames', '#', used, input, (placeholder) => placeholder.slice(1)),
    ...placeholders('ExpressionAttributeValues', ':', used, input, () => ({ N: '1' })),
  }
}

function placeholders(
  member: string,
  sign: string,
  used: ReadonlySet<string>,
  input: Record<string, unknown>,
  usual: (placeholder: string) => unknown,
): object {
  const given = isRecord(input[member]) ? input[member] : {}
  const own = [...used].filter((placeholder) => placeholder.startsWith(sign))
  return {
    [member]:
      own.length === 0 ? undefined : Object.fromEntries(own.map((placeholder) => [placeholder, given[placeholder] ?? usual(placeholder)])),
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
