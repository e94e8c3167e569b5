import { assert } from '../../base/assert.ts'
import type { OperationName } from '../service-model.ts'
import { inputShapes, shapes, streamInputShapes } from '../service-model.ts'
import type { Shape } from './shape.ts'

/** The shapes of the service model, linked to each other, so that no name is looked up while a request is checked. */
export type LinkedShape =
  | (Common & { readonly kind: 'structure'; readonly members: readonly LinkedMember[] })
  | (Common & { readonly kind: 'list'; readonly element: LinkedShape })
  | (Common & { readonly kind: 'map'; readonly key: LinkedShape; readonly value: LinkedShape })
  | (Common & { readonly kind: 'text'; readonly pattern: RegExp | undefined; readonly allowed: ReadonlySet<string> | undefined })
  | (Common & { readonly kind: 'number'; readonly whole: boolean })
  | (Common & { readonly kind: 'boolean' })
  /** Attribute values and what maps names to them: the item room reads those. */
  | (Common & { readonly kind: 'opaque' })

interface Common {
  readonly name: string
  readonly shape: Shape
  readonly min: number
  readonly max: number
}

export interface LinkedMember {
  readonly name: string
  /** As DynamoDB's texts spell it: the first letter small. */
  readonly path: string
  readonly required: boolean
  readonly shape: LinkedShape
}

const shapeByOperation = { ...inputShapes, ...streamInputShapes }

export function inputShapeOf(operation: OperationName): LinkedShape {
  return linkedShape(shapeByOperation[operation])
}

const linked = new Map<string, LinkedShape>()

export function linkedShape(name: string): LinkedShape {
  const known = linked.get(name)
  if (known !== undefined) return known
  const shape = shapes[name]
  assert(shape !== undefined, `the service model has a shape ${name}`)
  const result = link(name, shape)
  linked.set(name, result)
  return result
}

function link(name: string, shape: Shape): LinkedShape {
  const common: Common = {
    name,
    shape,
    min: 'min' in shape ? shape.min : -Infinity,
    max: 'max' in shape ? shape.max : Infinity,
  }
  switch (shape.type) {
    case 'structure':
      return {
        ...common,
        kind: 'structure',
        members: Object.entries(shape.members).map(([member, target]) => linkMember(shape, member, target)),
      }
    case 'list':
      return { ...common, kind: 'list', element: linkedShape(shape.member) }
    case 'map':
      if (shape.value === 'AttributeValue') return { ...common, kind: 'opaque' }
      return { ...common, kind: 'map', key: linkedShape(shape.key), value: linkedShape(shape.value) }
    case 'string':
      return {
        ...common,
        kind: 'text',
        pattern: shape.pattern === undefined ? undefined : expressionOf(shape.pattern),
        allowed: shape.enum === undefined ? undefined : new Set(shape.enum),
      }
    case 'integer':
    case 'long':
    case 'double':
      return { ...common, kind: 'number', whole: shape.type !== 'double' }
    case 'boolean':
      return { ...common, kind: 'boolean' }
    case 'blob':
    case 'timestamp':
    case 'attributeValue':
      return { ...common, kind: 'opaque' }
  }
}

/** The model's patterns are Java's: characters beyond 16 bits are two units of one range there, and some classes have names. */
function expressionOf(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern.replaceAll('\\p{Print}', '[ -~]')})$`, pattern.includes('\\u') ? 'u' : '')
}

function linkMember(structure: Extract<Shape, { type: 'structure' }>, name: string, target: string): LinkedMember {
  return {
    name,
    path: name.charAt(0).toLowerCase() + name.slice(1),
    required: structure.required?.includes(name) ?? false,
    shape: linkedShape(target),
  }
}
