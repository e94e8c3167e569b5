import { assert } from '../../base/assert.ts'
import { shapes } from '../service-model.ts'
import type { Shape } from './shape.ts'

/**
 * What DynamoDB answers to JSON of the wrong type: the texts of its deserialiser, which speaks of Java. Seen in public reports:
 * `NUMBER_VALUE cannot be converted to String`, `Start of structure or map found where not expected`, `Unexpected token received
 * from parser`, `Unexpected field type`. The others follow from these or are recalled, and are guesses.
 */
export function wrongType(shape: Shape, shapeName: string, json: unknown): string {
  if (Array.isArray(json)) return `Unrecognized collection type ${javaType(shape, shapeName)}`
  if (typeof json === 'object') return 'Start of structure or map found where not expected'
  switch (shape.type) {
    case 'structure':
    case 'attributeValue':
      return 'Unexpected value type in payload'
    case 'list':
    case 'map':
      return 'Unexpected field type'
    case 'blob':
      return 'Only base-64-encoded strings are convertible to bytes'
    case 'boolean':
      return typeof json === 'string' ? 'Unexpected token received from parser' : `${token(json)} cannot be converted to Boolean`
    default:
      return `${token(json)} cannot be converted to ${javaName[shape.type]}`
  }
}

const javaName = { string: 'String', integer: 'Integer', long: 'Long', double: 'Double', boolean: 'Boolean', timestamp: 'Date' } as const

function token(json: unknown): string {
  switch (typeof json) {
    case 'number':
      return Number.isInteger(json) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE'
    case 'boolean':
      return json ? 'TRUE_VALUE' : 'FALSE_VALUE'
    default:
      return 'STRING_VALUE'
  }
}

/** A class as Java prints it, and a type with parameters as it prints that: without the word. */
function javaType(shape: Shape, shapeName: string): string {
  const name = javaTypeName(shape, shapeName)
  return shape.type === 'map' || shape.type === 'list' ? name : `class ${name}`
}

function javaTypeName(shape: Shape, shapeName: string): string {
  switch (shape.type) {
    case 'structure':
    case 'attributeValue':
      return `com.amazonaws.dynamodb.v20120810.${shapeName}`
    case 'map':
      return `java.util.Map<java.lang.String, ${namedType(shape.value)}>`
    case 'list':
      return `java.util.List<${namedType(shape.member)}>`
    case 'blob':
      return 'java.nio.ByteBuffer'
    case 'timestamp':
      return 'java.util.Date'
    default:
      return `java.lang.${javaName[shape.type]}`
  }
}

function namedType(shapeName: string): string {
  const shape = shapes[shapeName]
  assert(shape !== undefined, `the service model has a shape ${shapeName}`)
  return javaTypeName(shape, shapeName)
}
