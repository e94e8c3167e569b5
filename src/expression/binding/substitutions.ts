/** Checks ExpressionAttributeNames and ExpressionAttributeValues by themselves, before any expression is read. */
import type { AttributeMap } from '../../item/attribute-value.ts'
import { invalid } from '../../item/invalid.ts'
import type { Invalid } from '../../item/invalid.ts'
import { attributeSizeBytes, utf8SizeBytes } from '../../item/item-size.ts'

type Names = Readonly<Record<string, string>>

/** "Expression attribute names and values: the first character is # or :, at most 255 characters" (developer guide, limits). */
const placeholderLengthMax = 255
/** "The maximum length of all substitution variables in an expression is 2 MB." */
const substitutionsBytesMax = 2 * 1024 * 1024

/** Where the text of a mistake could not be found it is composed like its neighbours, and marked below. */
export function checkSubstitutions(names: Names | undefined, values: AttributeMap | undefined): Invalid | undefined {
  return (
    (names === undefined ? undefined : checkKeys('ExpressionAttributeNames', names, /^#[0-9A-Za-z_]+$/)) ??
    (values === undefined ? undefined : checkKeys('ExpressionAttributeValues', values, /^:[0-9A-Za-z_]+$/)) ??
    checkNames(names) ??
    checkSize(names, values)
  )
}

function checkKeys(parameter: string, map: object, syntax: RegExp): Invalid | undefined {
  const keys = Object.keys(map)
  if (keys.length === 0) return invalid(`${parameter} must not be empty`)
  for (const key of keys) {
    if (!syntax.test(key)) return invalid(`${parameter} contains invalid key: Syntax error; key: "${key}"`)
    if (key.length > placeholderLengthMax) {
      // The sentence is the service's, its frame a guess.
      return invalid(`${parameter} contains invalid key: The expression attribute map contains a key that is too long; key: "${key}"`)
    }
  }
  return undefined
}

function checkNames(names: Names | undefined): Invalid | undefined {
  for (const key in names) {
    // A guess; that an attribute's name is never empty is documented.
    if (names[key] === '')
      return invalid(`ExpressionAttributeNames contains invalid value: Attribute name must not be empty for key ${key}`)
  }
  return undefined
}

function checkSize(names: Names | undefined, values: AttributeMap | undefined): Invalid | undefined {
  let sizeBytes = 0
  for (const key in names) sizeBytes += key.length + utf8SizeBytes(names[key] ?? '')
  for (const key in values) {
    const value = values[key]
    sizeBytes += key.length + (value === undefined ? 0 : attributeSizeBytes(value))
  }
  // A guess, by analogy with the text for an expression that is too long.
  if (sizeBytes > substitutionsBytesMax) {
    return invalid(`Expression attributes size has exceeded the maximum allowed size; expression attributes size: ${sizeBytes}`)
  }
  return undefined
}
