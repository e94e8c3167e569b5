import { isInvalid } from '../../item/invalid.ts'
import { parseAttributeValue, parseItem } from '../../item/parse-attribute-value.ts'
import type { OperationName } from '../service-model.ts'
import type { WireError } from '../wire-error.ts'
import { fromInvalid } from '../wire-error.ts'
import type { LinkedShape } from './linked-shape.ts'
import { inputShapeOf } from './linked-shape.ts'

/**
 * DynamoDB reads a whole request before it judges any of it, so an attribute value that is no attribute value is told before every
 * other mistake: before constraints, before a table that is not there. Operations read attribute values where they need them, which
 * may be after they found something else; so when they refuse a request, this looks whether there was something to be told first.
 *
 * @param input in which the model's own shapes have the right JSON types, or it is not looked into
 */
export function wrongAttributeValue(operation: OperationName, input: unknown): WireError | undefined {
  return wrongIn(inputShapeOf(operation), input)
}

function wrongIn(shape: LinkedShape, value: unknown): WireError | undefined {
  if (value === undefined || value === null) return undefined
  if (shape.kind === 'opaque') return wrongValue(shape, value)
  if (typeof value !== 'object') return undefined
  switch (shape.kind) {
    case 'structure':
      return first(shape.members, (member) => wrongIn(member.shape, (value as Record<string, unknown>)[member.name]))
    case 'list':
      return Array.isArray(value) ? first(value, (element) => wrongIn(shape.element, element)) : undefined
    case 'map':
      return first(Object.values(value), (entry) => wrongIn(shape.value, entry))
    default:
      return undefined
  }
}

function wrongValue({ shape: { type } }: LinkedShape, value: unknown): WireError | undefined {
  if (type !== 'map' && type !== 'attributeValue') return undefined
  const parsed = type === 'map' ? parseItem(value) : parseAttributeValue(value)
  return isInvalid(parsed) && parsed.kind === 'serialization' ? fromInvalid(parsed) : undefined
}

function first<T>(elements: readonly T[], find: (element: T) => WireError | undefined): WireError | undefined {
  for (const element of elements) {
    const found = find(element)
    if (found !== undefined) return found
  }
  return undefined
}
