/** From values as they were written and the parameters of a request to attribute values. */
import { assert } from '../../base/assert.ts'
import { newMap, typeOf } from '../../item/attribute-value.ts'
import type { AttributeMap, AttributeType, AttributeValue } from '../../item/attribute-value.ts'
import { invalid, isInvalid } from '../../item/invalid.ts'
import type { Invalid } from '../../item/invalid.ts'
import { parseAttributeValue, parseItem } from '../../item/parse-attribute-value.ts'
import type { ParsedItem } from '../../item/parse-attribute-value.ts'
import type { ValueExpression } from './ast.ts'
import { placeholderOf } from './cursor.ts'

/** The values of a statement, under the names by which its trees call them. */
export function bindValues(values: readonly ValueExpression[], parameters: readonly AttributeValue[]): AttributeMap | Invalid {
  const bound = newMap()
  for (const [at, expression] of values.entries()) {
    const value = bindValue(expression, parameters)
    if (isInvalid(value)) return value
    bound[placeholderOf(at)] = value
  }
  return bound
}

/** The value that is to be an item: its attributes lie one level higher than those of a map within an item. */
export function bindItem(expression: ValueExpression, parameters: readonly AttributeValue[]): ParsedItem | Invalid {
  const value = compose(expression, parameters)
  if (isInvalid(value)) return value
  // A guess.
  return 'M' in value ? parseItem(value.M) : invalid('Unsupported operation: the item to insert must be a tuple')
}

/** Whatever is put together here is held to the rules for values as if it had been sent so: nesting, duplicates in sets. */
function bindValue(expression: ValueExpression, parameters: readonly AttributeValue[]): AttributeValue | Invalid {
  const value = compose(expression, parameters)
  if (isInvalid(value) || expression.kind === 'literal' || expression.kind === 'parameter') return value
  const parsed = parseAttributeValue(value)
  return isInvalid(parsed) ? parsed : parsed.value
}

function compose(expression: ValueExpression, parameters: readonly AttributeValue[]): AttributeValue | Invalid {
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'parameter': {
      const value = parameters[expression.ordinal]
      assert(value !== undefined, 'parameters are counted before they are bound')
      return value
    }
    case 'list': {
      const L = composeAll(expression.members, parameters)
      return isInvalid(L) ? L : { L }
    }
    case 'set': {
      const members = composeAll(expression.members, parameters)
      return isInvalid(members) ? members : setOf(members)
    }
    case 'map': {
      const M = newMap()
      for (const [name, entry] of expression.entries) {
        if (entry.kind === 'missing') continue
        const value = compose(entry, parameters)
        if (isInvalid(value)) return value
        M[name] = value
      }
      return { M }
    }
    case 'missing':
      assert(false, 'the grammar has MISSING as an attribute of a map only')
  }
}

function composeAll(members: readonly ValueExpression[], parameters: readonly AttributeValue[]): AttributeValue[] | Invalid {
  const values: AttributeValue[] = []
  for (const member of members) {
    const value = compose(member, parameters)
    if (isInvalid(value)) return value
    values.push(value)
  }
  return values
}

/** DynamoDB has sets of one scalar type, and none that are empty. Both texts are guesses. */
function setOf(members: readonly AttributeValue[]): AttributeValue | Invalid {
  const types = new Set(members.map(typeOf))
  const [type] = types
  if (type === undefined) return invalid('One or more parameter values were invalid: An set  may not be empty')
  const mixed = types.size > 1 ? [...types].join(', ') : setTypes.has(type) ? undefined : type
  if (mixed !== undefined) return invalid(`Unsupported set: members must be all strings, all numbers or all binary, and are: ${mixed}`)
  const SS: string[] = []
  const NS: string[] = []
  const BS: string[] = []
  for (const member of members) {
    if ('S' in member) SS.push(member.S)
    if ('N' in member) NS.push(member.N)
    if ('B' in member) BS.push(member.B)
  }
  return type === 'S' ? { SS } : type === 'N' ? { NS } : { BS }
}

const setTypes: ReadonlySet<AttributeType> = new Set(['S', 'N', 'B'])
