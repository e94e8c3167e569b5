/**
 * Makes src/api/service-model.ts from the public service models of DynamoDB and DynamoDB Streams, as botocore (Apache-2.0) ships them:
 *
 *   node scripts/service-model.mjs path/to/dynamodb/2012-08-10/service-2.json[.gz] path/to/dynamodbstreams/2012-08-10/service-2.json[.gz]
 *
 * They are in the package itself (`pip download --no-deps botocore`, then unzip botocore/data) and in Debian's python3-botocore.
 *
 * Keeps the names of all operations, and of the shapes that their inputs reach only what a validator needs. A shape that both models
 * name is the same in both.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

const [tablesPath, streamsPath] = process.argv.slice(2)
if (streamsPath === undefined) throw new Error('usage: node scripts/service-model.mjs DYNAMODB_MODEL STREAMS_MODEL')
const [tables, streams] = [tablesPath, streamsPath].map((path) => {
  const bytes = readFileSync(path)
  return JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'))
})

/** In what order DynamoDB prints the values of an enum, where that has been seen; the model's order otherwise. */
const printedOrder = {
  AttributeAction: ['DELETE', 'PUT', 'ADD'],
  BillingMode: ['PROVISIONED', 'PAY_PER_REQUEST'],
  ComparisonOperator: [
    ...['IN', 'NULL', 'BETWEEN', 'LT', 'NOT_CONTAINS', 'EQ', 'GT', 'NOT_NULL', 'NE', 'LE', 'BEGINS_WITH', 'GE', 'CONTAINS'],
  ],
  ConditionalOperator: ['OR', 'AND'],
  KeyType: ['HASH', 'RANGE'],
  ProjectionType: ['ALL', 'INCLUDE', 'KEYS_ONLY'],
  ReturnConsumedCapacity: ['INDEXES', 'TOTAL', 'NONE'],
  ReturnItemCollectionMetrics: ['SIZE', 'NONE'],
  ReturnValue: ['ALL_NEW', 'UPDATED_OLD', 'ALL_OLD', 'NONE', 'UPDATED_NEW'],
  ReturnValuesOnConditionCheckFailure: ['ALL_OLD', 'NONE'],
  ScalarAttributeType: ['B', 'N', 'S'],
  Select: ['SPECIFIC_ATTRIBUTES', 'COUNT', 'ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES'],
  StreamViewType: ['NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES', 'KEYS_ONLY'],
}

/**
 * What the JavaScript SDK's model has and botocore's does not have yet (@aws-sdk/client-dynamodb 3.1159.0, 2026-10-28): leaving a global table with
 * one's data.
 */
function addMissing({ shapes }) {
  if (shapes.DisassociateReplicationGroupMemberAction !== undefined) return
  shapes.DisassociationMode = { type: 'string', enum: ['WAIT_FOR_REPLICATION'] }
  shapes.DisassociateReplicationGroupMemberAction = {
    type: 'structure',
    required: ['RegionName', 'DisassociationMode'],
    members: { RegionName: { shape: 'RegionName' }, DisassociationMode: { shape: 'DisassociationMode' } },
  }
  shapes.ReplicationGroupUpdate.members.Disassociate = { shape: 'DisassociateReplicationGroupMemberAction' }
  shapes.UpdateTableInput.members.DisassociationProtectionEnabled = { shape: 'BooleanObject' }
}
addMissing(tables)

const shapes = {}
const operations = operationsOf(tables)
const streamOperations = operationsOf(streams)

function operationsOf(model) {
  const shapeByOperation = Object.fromEntries(Object.values(model.operations).map(({ name, input }) => [name, input?.shape]))
  const reached = new Set()
  for (const name of Object.values(shapeByOperation)) if (name !== undefined) reach(model, name, reached)
  return shapeByOperation
}

function reach(model, name, reached) {
  if (reached.has(name)) return
  reached.add(name)
  const shape = model.shapes[name]
  const compacted = compact(name, shape)
  if (name in shapes && JSON.stringify(shapes[name]) !== JSON.stringify(compacted)) throw new Error(`the models differ in ${name}`)
  shapes[name] = compacted
  // The item room reads attribute values; the validator only has to know where they are.
  if (name === 'AttributeValue') return
  for (const member of Object.values(shape.members ?? {})) reach(model, member.shape, reached)
  for (const part of [shape.member, shape.key, shape.value]) if (part !== undefined) reach(model, part.shape, reached)
}

function compact(name, shape) {
  if (name === 'AttributeValue') return { type: 'attributeValue' }
  const { type, required, min, max, pattern } = shape
  const result = { type }
  if (shape.members !== undefined)
    result.members = Object.fromEntries(Object.entries(shape.members).map(([member, { shape: target }]) => [member, target]))
  if (required !== undefined && required.length > 0) result.required = required
  if (shape.member !== undefined) result.member = shape.member.shape
  if (shape.key !== undefined) result.key = shape.key.shape
  if (shape.value !== undefined) result.value = shape.value.shape
  if (min !== undefined) result.min = min
  if (max !== undefined) result.max = max
  if (pattern !== undefined) result.pattern = pattern
  if (shape.enum !== undefined) {
    const known = printedOrder[name] ?? []
    result.enum = [...known.filter((value) => shape.enum.includes(value)), ...shape.enum.filter((value) => !known.includes(value))]
  }
  return result
}

const lines = [
  '/**',
  ' * What the public service models of DynamoDB and its Streams say of the inputs of their operations.',
  ' * Made by scripts/service-model.mjs; not for editing.',
  ` * Source: botocore, dynamodb/${tables.metadata.apiVersion}/service-2.json and dynamodbstreams/${streams.metadata.apiVersion}/service-2.json`,
  ' * (Apache-2.0, Amazon.com, Inc. or its affiliates).',
  ' */',
  "import type { Shape } from './validation/shape.ts'",
  '',
  '/** Every operation of DynamoDB, with the shape of its input. */',
  `export const inputShapes = ${JSON.stringify(operations)} as const`,
  '',
  '/** Every operation of DynamoDB Streams, a service of its own on the wire. */',
  `export const streamInputShapes = ${JSON.stringify(streamOperations)} as const`,
  '',
  'export type StreamOperationName = keyof typeof streamInputShapes',
  'export type OperationName = keyof typeof inputShapes | StreamOperationName',
  '',
  `export const shapes: Readonly<Record<string, Shape>> = {`,
  ...Object.keys(shapes)
    .sort()
    .map((name) => `  ${name}: ${JSON.stringify(shapes[name])},`),
  '}',
  '',
]
writeFileSync(new URL('../src/api/service-model.ts', import.meta.url), lines.join('\n'))
