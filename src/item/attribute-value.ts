/**
 * Attribute values as DynamoDB's wire writes them, already validated and in normal form: numbers as DynamoDB prints them,
 * binary values as canonical base64. An item is stored, replicated and answered in this form, so nothing is converted on the way.
 *
 * Attribute names come from clients: `constructor` and `__proto__` are names like any other. Read with {@link attributeOf},
 * never with a bare index, and build new maps with {@link newMap}.
 */
export type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly M: AttributeMap }
  | { readonly L: readonly AttributeValue[] }
  | { readonly SS: readonly string[] }
  | { readonly NS: readonly string[] }
  | { readonly BS: readonly string[] }

export type AttributeMap = Readonly<Record<string, AttributeValue>>

export type Item = AttributeMap

export type AttributeType = 'S' | 'N' | 'B' | 'BOOL' | 'NULL' | 'M' | 'L' | 'SS' | 'NS' | 'BS'

/** The type tag of a value. */
export function typeOf(value: AttributeValue): AttributeType {
  for (const tag in value) return tag as AttributeType
  throw new TypeError('an attribute value without a type')
}

/** The attribute of that name, or undefined; never something inherited. */
export function attributeOf(map: AttributeMap, name: string): AttributeValue | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined
}

/** A new map, without a prototype, holding the attributes of `from`. */
export function newMap(from?: AttributeMap): Record<string, AttributeValue> {
  const map = Object.create(null) as Record<string, AttributeValue>
  return from === undefined ? map : Object.assign(map, from)
}
