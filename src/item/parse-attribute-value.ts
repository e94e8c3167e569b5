import type { AttributeMap, AttributeValue, Item } from './attribute-value.ts'
import { newMap } from './attribute-value.ts'
import { base64Problem } from './base64.ts'
import type { Invalid } from './invalid.ts'
import { invalid } from './invalid.ts'
import { binarySizeBytes, COLLECTION_BYTES, ELEMENT_BYTES, numberSizeBytes, utf8SizeBytes } from './item-size.ts'
import { normalizeNumber } from './number.ts'
import type { Shape } from './wrong-shape.ts'
import { wrongShape } from './wrong-shape.ts'

/**
 * From what a client sent (already JSON.parse'd, nothing else is known of it) to attribute values in normal form and their size,
 * in one walk. What is normal already is not copied: the answer is then the very object that came in.
 *
 * The walk goes on after a finding. DynamoDB reads a whole request before it judges any of it, so a wrong shape anywhere comes
 * before a wrong content; among findings of one kind the first one counts. The order within one value is a guess.
 *
 * It knows neither tables nor keys, and does not judge an item's size: an update's result has a size too.
 */

export { ITEM_BYTES_MAX, ITEM_TOO_LARGE } from './item-size.ts'

export interface ParsedItem {
  readonly item: Item
  readonly sizeBytes: number
}

export interface ParsedAttributeValue {
  readonly value: AttributeValue
  /** Without a name. */
  readonly sizeBytes: number
}

/**
 * How deep values may lie, an attribute of the item being at level 1: 31 maps around a scalar are accepted and 32 refused
 * (captured on AWS in eu-west-2, 2026). It also bounds the recursion, here and in everything that walks a parsed value.
 */
export const NESTING_LEVELS_MAX = 32

export const NESTING_TOO_DEEP =
  'Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit'

/** AWS developer guide, "Constraints". The text for such a name was seen in 2026; the one for an empty name is a guess. */
const NAME_BYTES_MAX = 65535
const NAME_EMPTY = 'One or more parameter values were invalid: Attribute name must not be empty'
const NAME_TOO_LARGE = `1 validation error detected: Attribute name is too large, must be less than ${NAME_BYTES_MAX + 1} bytes`

const NO_TYPE = 'Supplied AttributeValue is empty, must contain exactly one of the supported datatypes'
const SEVERAL_TYPES = 'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes'
const NULL_NOT_TRUE = 'One or more parameter values were invalid: Null attribute value types must have the value of true'

/** The attributes of an item, or of anything else that maps names to attribute values. */
export function parseItem(json: unknown): ParsedItem | Invalid {
  const walk: Walk = { sizeBytes: 0, problem: undefined }
  const item = parseAttributes(json, 1, 0, walk)
  return walk.problem ?? { item, sizeBytes: walk.sizeBytes }
}

export function parseAttributeValue(json: unknown): ParsedAttributeValue | Invalid {
  const walk: Walk = { sizeBytes: 0, problem: undefined }
  const value = parseValue(json, 1, walk)
  return walk.problem ?? { value, sizeBytes: walk.sizeBytes }
}

/** What the walk has gathered. Once there is a problem, the values that its functions return are worthless. */
interface Walk {
  sizeBytes: number
  problem: Invalid | undefined
}

function report(walk: Walk, problem: Invalid): void {
  if (walk.problem === undefined || (walk.problem.kind === 'validation' && problem.kind === 'serialization')) walk.problem = problem
}

/** Notes the problem, and hands the JSON back for want of a value. */
function refuse<T>(json: unknown, problem: Invalid, walk: Walk): T {
  report(walk, problem)
  return json as T
}

function parseAttributes(json: unknown, level: number, elementBytes: number, walk: Walk): AttributeMap {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return refuse(json, wrongShape(json, 'map'), walk)
  const attributes = json as Record<string, unknown>
  let copy: Record<string, AttributeValue> | undefined
  for (const name in attributes) {
    const value = attributes[name]
    const parsed = parseValue(value, level, walk)
    const nameBytes = utf8SizeBytes(name)
    walk.sizeBytes += nameBytes + elementBytes
    if (nameBytes === 0) report(walk, invalid(NAME_EMPTY))
    else if (nameBytes > NAME_BYTES_MAX) report(walk, invalid(NAME_TOO_LARGE))
    const wellFormed = nameBytes === name.length ? name : wellFormedText(name)
    if (parsed === value && wellFormed === name) continue
    copy ??= newMap(attributes as AttributeMap)
    if (wellFormed !== name) delete copy[name]
    copy[wellFormed] = parsed
  }
  return copy ?? (attributes as AttributeMap)
}

function parseValue(json: unknown, level: number, walk: Walk): AttributeValue {
  if (level > NESTING_LEVELS_MAX) return refuse(json, invalid(NESTING_TOO_DEEP), walk)
  if (json === null) return refuse(json, invalid(NO_TYPE), walk)
  if (typeof json !== 'object' || Array.isArray(json)) return refuse(json, wrongShape(json, 'attributeValue'), walk)
  let tag: string | undefined
  for (const member in json) {
    if (tag !== undefined) return parseUntidy(json, level, walk)
    tag = member
  }
  const content = tag === undefined ? null : (json as Record<string, unknown>)[tag]
  if (content === null) return parseUntidy(json, level, walk)
  switch (tag) {
    case 'S':
      return parseString(json, content, walk)
    case 'N':
      return parseNumber(json, content, walk)
    case 'B':
      return parseBinary(json, content, walk)
    case 'BOOL':
      return parseBoolean(json, content, walk)
    case 'NULL':
      return parseNull(json, content, walk)
    case 'M':
      return parseMap(json, content, level, walk)
    case 'L':
      return parseList(json, content, level, walk)
    case 'SS':
      return parseStringSet(json, content, walk)
    case 'NS':
      return parseNumberSet(json, content, walk)
    case 'BS':
      return parseBinarySet(json, content, walk)
    default:
      return parseUntidy(json, level, walk)
  }
}

const typeTags = ['S', 'N', 'B', 'BOOL', 'NULL', 'M', 'L', 'SS', 'NS', 'BS'] as const

/**
 * A value with not exactly one member: members that are null count as absent and unknown ones are skipped, as DynamoDB's
 * deserialiser does for every structure (that it does so here is a guess).
 */
function parseUntidy(json: object, level: number, walk: Walk): AttributeValue {
  const members = json as Record<string, unknown>
  const tags = typeTags.filter((tag) => Object.hasOwn(members, tag) && members[tag] !== null)
  const [tag] = tags
  if (tag === undefined) return refuse(json, invalid(NO_TYPE), walk)
  // Each is looked at nevertheless: one of the wrong shape comes first.
  for (const other of tags.slice(1)) parseValue({ [other]: members[other] }, level, walk)
  const value = parseValue({ [tag]: members[tag] }, level, walk)
  return tags.length === 1 ? value : refuse(json, invalid(SEVERAL_TYPES), walk)
}

function parseString(json: object, content: unknown, walk: Walk): AttributeValue {
  const text = parseText(content, walk)
  return text === content ? (json as AttributeValue) : { S: text }
}

function parseNumber(json: object, content: unknown, walk: Walk): AttributeValue {
  const normal = parseNumberText(content, walk)
  return normal === content ? (json as AttributeValue) : { N: normal }
}

function parseBinary(json: object, content: unknown, walk: Walk): AttributeValue {
  parseBase64(content, walk)
  return json as AttributeValue
}

function parseBoolean(json: object, content: unknown, walk: Walk): AttributeValue {
  if (typeof content !== 'boolean') report(walk, wrongShape(content, 'boolean'))
  walk.sizeBytes += 1
  return json as AttributeValue
}

/** DynamoDB took `false` in some Regions for some weeks of 2026, and refuses it again. */
function parseNull(json: object, content: unknown, walk: Walk): AttributeValue {
  if (typeof content !== 'boolean') report(walk, wrongShape(content, 'boolean'))
  else if (!content) report(walk, invalid(NULL_NOT_TRUE))
  walk.sizeBytes += 1
  return json as AttributeValue
}

function parseMap(json: object, content: unknown, level: number, walk: Walk): AttributeValue {
  walk.sizeBytes += COLLECTION_BYTES
  const map = parseAttributes(content, level + 1, ELEMENT_BYTES, walk)
  return map === content ? (json as AttributeValue) : { M: map }
}

function parseList(json: object, content: unknown, level: number, walk: Walk): AttributeValue {
  if (!Array.isArray(content)) return refuse(json, wrongShape(content, 'list'), walk)
  walk.sizeBytes += COLLECTION_BYTES + content.length * ELEMENT_BYTES
  const list = parseElements(content, (element) => parseValue(element, level + 1, walk))
  return list === content ? (json as AttributeValue) : { L: list }
}

function parseStringSet(json: object, content: unknown, walk: Walk): AttributeValue {
  const members = parseMembers(content, 'string', parseText, walk)
  if (members === undefined) return json as AttributeValue
  if (hasDuplicates(members)) {
    report(walk, invalid(`One or more parameter values were invalid: Input collection [${members.join(', ')}] contains duplicates.`))
  }
  return members === content ? (json as AttributeValue) : { SS: members }
}

/** 1 and 1.0 are one number. The short text was seen for numbers (2026). */
function parseNumberSet(json: object, content: unknown, walk: Walk): AttributeValue {
  const members = parseMembers(content, 'number', parseNumberText, walk)
  if (members === undefined) return json as AttributeValue
  if (hasDuplicates(members)) report(walk, invalid('Input collection contains duplicates'))
  return members === content ? (json as AttributeValue) : { NS: members }
}

/** The text, with its missing space, is recalled and not seen. */
function parseBinarySet(json: object, content: unknown, walk: Walk): AttributeValue {
  const members = parseMembers(content, 'binary', parseBase64, walk)
  if (members !== undefined && hasDuplicates(members)) {
    report(
      walk,
      invalid(`One or more parameter values were invalid: Input collection [${members.join(', ')}]of type BS contains duplicates.`),
    )
  }
  return json as AttributeValue
}

/** Those for strings and numbers were seen, with their two spaces; the one for binary values is recalled. */
const emptySetTexts = {
  string: 'One or more parameter values were invalid: An string set  may not be empty',
  number: 'One or more parameter values were invalid: An number set  may not be empty',
  binary: 'One or more parameter values were invalid: Binary sets should not be empty',
}

/** The members of a set, in normal form; undefined when it is none. What is said of a null member is a guess. */
function parseMembers(
  content: unknown,
  kind: keyof typeof emptySetTexts,
  parseMember: (json: unknown, walk: Walk) => string,
  walk: Walk,
): readonly string[] | undefined {
  if (!Array.isArray(content)) {
    report(walk, wrongShape(content, 'list'))
    return undefined
  }
  if (content.length === 0) report(walk, invalid(emptySetTexts[kind]))
  return parseElements(content, (element) => {
    if (element !== null) return parseMember(element, walk)
    return refuse(
      element,
      invalid(`One or more parameter values were invalid: An ${kind} set may not have a null ${kind} as a member`),
      walk,
    )
  })
}

/** The same array when no element changes. */
function parseElements<T>(elements: readonly unknown[], parse: (element: unknown) => T): readonly T[] {
  let copy: T[] | undefined
  for (let at = 0; at < elements.length; at++) {
    const element = elements[at]
    const parsed = parse(element)
    if (parsed === element) continue
    copy ??= [...(elements as readonly T[])]
    copy[at] = parsed
  }
  return copy ?? (elements as readonly T[])
}

function hasDuplicates(members: readonly string[]): boolean {
  return members.length > 1 && new Set(members).size < members.length
}

function parseText(json: unknown, walk: Walk): string {
  if (typeof json !== 'string') return refuseScalar(json, 'string', walk)
  const sizeBytes = utf8SizeBytes(json)
  walk.sizeBytes += sizeBytes
  return sizeBytes === json.length ? json : wellFormedText(json)
}

function parseNumberText(json: unknown, walk: Walk): string {
  if (typeof json !== 'string') return refuseScalar(json, 'string', walk)
  const normal = normalizeNumber(json)
  if (typeof normal !== 'string') return refuse(json, normal, walk)
  walk.sizeBytes += numberSizeBytes(normal)
  return normal
}

function parseBase64(json: unknown, walk: Walk): string {
  if (typeof json !== 'string') return refuseScalar(json, 'binary', walk)
  const problem = base64Problem(json)
  if (problem !== undefined) return refuse(json, problem, walk)
  walk.sizeBytes += binarySizeBytes(json)
  return json
}

function refuseScalar(json: unknown, shape: Shape, walk: Walk): string {
  return refuse(json, wrongShape(json, shape), walk)
}

const LONE_SURROGATE = /\p{Surrogate}/gu

/**
 * JSON can spell half of a surrogate pair, which UTF-8 cannot: it becomes U+FFFD before it is anything else, or two keys that
 * differ as text would be the same bytes. (What DynamoDB makes of it is not known.)
 */
function wellFormedText(text: string): string {
  return text.replace(LONE_SURROGATE, '\ufffd')
}
