import type { LinkedShape } from './linked-shape.ts'

/**
 * A value as DynamoDB prints it in the text of a ValidationException: Java's `toString`. Structures show their class and an
 * identity (`com.amazonaws.dynamodb.v20120810.KeysAndAttributes@64f4fb9`), so their content is not echoed; only an element of a key schema
 * tells what is in it.
 */
export function printedValue(shape: LinkedShape, value: unknown): string {
  return value === undefined || value === null ? 'null' : `'${javaText(shape, value)}'`
}

function javaText(shape: LinkedShape, value: unknown): string {
  if (typeof value === 'string') return value
  if (shape.kind === 'list' && Array.isArray(value)) return `[${value.map((element) => javaText(shape.element, element)).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (shape.kind === 'map') return printedMap(value, (entry) => javaText(shape.value, entry))
  if (shape.shape.type === 'map') return printedMap(value, (entry) => printedStructure('AttributeValue', entry))
  if (shape.name === 'KeySchemaElement') return printedKeyElement(value)
  return printedStructure(shape.name, value)
}

function printedKeyElement({ AttributeName = null, KeyType = null }: { AttributeName?: string | null; KeyType?: string | null }): string {
  return `KeySchemaElement(attributeName=${AttributeName}, keyType=${KeyType})`
}

function printedMap(map: object, print: (entry: unknown) => string): string {
  return `{${Object.entries(map)
    .map(([key, entry]) => `${key}=${print(entry)}`)
    .join(', ')}}`
}

function printedStructure(className: string, value: unknown): string {
  return typeof value === 'object' && value !== null ? `com.amazonaws.dynamodb.v20120810.${className}@${identityOf(value)}` : 'null'
}

const identities = new WeakMap<object, string>()
let lastIdentity = 0

/** Stands for the address of a Java object: differs from object to object, and means nothing. */
function identityOf(value: object): string {
  const known = identities.get(value)
  if (known !== undefined) return known
  lastIdentity = (Math.imul(lastIdentity, 69069) + 0x2545f491) >>> 0
  const identity = lastIdentity.toString(16)
  identities.set(value, identity)
  return identity
}
