import type { LinkedShape } from './linked-shape.ts'

/**
 * A value as DynamoDB prints it in the text of a ValidationException: Java's `toString`. Structures show their members, absent ones as
 * null; attribute values show their class and an identity, so their content is never echoed:
 *
 *   {t=[WriteRequest(putRequest=PutRequest(item={a=com.amazonaws.dynamodb.v20120810.AttributeValue@79175931}, workloadProfileName=null),
 *   deleteRequest=null)]}
 *
 * (seen in 2024 and later; before that all structures were printed as attribute values are, and some of AWS's hosts still do so in 2026).
 */
export function printedValue(shape: LinkedShape, value: unknown): string {
  return value === undefined || value === null ? 'null' : `'${javaText(shape, value)}'`
}

function javaText(shape: LinkedShape, value: unknown): string {
  if (typeof value === 'string') return value
  if (shape.kind === 'list' && Array.isArray(value)) return `[${value.map((element) => javaText(shape.element, element)).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (shape.kind === 'map') return printedMap(value, (entry) => javaText(shape.value, entry))
  if (shape.kind === 'structure') return printedStructure(shape, value)
  return shape.shape.type === 'map' ? printedMap(value, printedAttributeValue) : printedAttributeValue(value)
}

function printedMap(map: object, print: (entry: unknown) => string): string {
  return `{${Object.entries(map)
    .map(([key, entry]) => `${key}=${print(entry)}`)
    .join(', ')}}`
}

/** The members that the public model does not have were seen as well. */
const hiddenMembers: Readonly<Record<string, string>> = { PutRequest: 'workloadProfileName' }

function printedStructure({ name, members }: Extract<LinkedShape, { kind: 'structure' }>, value: object): string {
  const given = value as Readonly<Record<string, unknown>>
  const printed = members.map((member) => `${member.path}=${javaText(member.shape, given[member.name] ?? null)}`)
  const hidden = Object.hasOwn(hiddenMembers, name) ? hiddenMembers[name] : undefined
  return `${name}(${[...printed, ...(hidden === undefined ? [] : [`${hidden}=null`])].join(', ')})`
}

function printedAttributeValue(value: unknown): string {
  return typeof value === 'object' && value !== null ? `com.amazonaws.dynamodb.v20120810.AttributeValue@${identityOf(value)}` : 'null'
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
