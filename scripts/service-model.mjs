/**
 * Makes src/api/service-model.ts from the public service model of DynamoDB, as botocore (Apache-2.0) ships it:
 *
 *   node scripts/service-model.mjs path/to/dynamodb/2012-08-10/service-2.json[.gz]
 *
 * Keeps the names of all operations, and of the shapes that their inputs reach only what a validator needs.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

const [path] = process.argv.slice(2)
if (path === undefined) throw new Error('usage: node scripts/service-model.mjs SERVICE_MODEL')
const bytes = readFileSync(path)
const model = JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'))

/** In what order DynamoDB prints the values of an enum, where that has been seen; the model's order otherwise. */
const printedOrder = {
  AttributeAction: ['DELETE', 'PUT', 'ADD'],
  BillingMode: ['PROVISIONED', 'PAY_PER_REQUEST'],
  ConditionalOperator: ['OR', 'AND'],
  KeyType: ['HASH', 'RANGE'],
  ReturnConsumedCapacity: ['INDEXES', 'TOTAL', 'NONE'],
  ReturnItemCollectionMetrics: ['SIZE', 'NONE'],
  ReturnValue: ['ALL_NEW', 'UPDATED_OLD', 'ALL_OLD', 'NONE', 'UPDATED_NEW'],
  ReturnValuesOnConditionCheckFailure: ['ALL_OLD', 'NONE'],
  ScalarAttributeType: ['B', 'N', 'S'],
  Select: ['SPECIFIC_ATTRIBUTES', 'COUNT', 'ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES'],
  StreamViewType: ['NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES', 'KEYS_ONLY'],
}

const operations = Object.fromEntries(Object.values(model.operations).map((operation) => [operation.name, operation.input?.shape]))
const shapes = {}
for (const name of Object.values(operations)) if (name !== undefined) reach(name)

function reach(name) {
  if (name in shapes) return
  const shape = model.shapes[name]
  shapes[name] = compact(name, shape)
  // The item room reads attribute values; the validator only has to know where they are.
  if (name === 'AttributeValue') return
  for (const member of Object.values(shape.members ?? {})) reach(member.shape)
  for (const part of [shape.member, shape.key, shape.value]) if (part !== undefined) reach(part.shape)
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
  ' * What the public service model of DynamoDB says of the inputs of its operations. Made by scripts/service-model.mjs; not for editing.',
  ` * Source: botocore, dynamodb/${model.metadata.apiVersion}/service-2.json (Apache-2.0, Amazon.com, Inc. or its affiliates).`,
  ' */',
  "import type { Shape } from './validation/shape.ts'",
  '',
  '/** Every operation, with the shape of its input. */',
  `export const inputShapes = ${JSON.stringify(operations)} as const`,
  '',
  'export type OperationName = keyof typeof inputShapes',
  '',
  `export const shapes: Readonly<Record<string, Shape>> = {`,
  ...Object.keys(shapes)
    .sort()
    .map((name) => `  ${name}: ${JSON.stringify(shapes[name])},`),
  '}',
  '',
]
writeFileSync(new URL('../src/api/service-model.ts', import.meta.url), lines.join('\n'))
