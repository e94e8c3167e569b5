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

function javaType(shape: Shape, shapeName: string): string {
  switch (shape.type) {
    case 'structure':
    case 'attributeValue':
      return `class com.amazonaws.dynamodb.v20120810.${shapeName}`
    case 'map':
      return `java.util.Map<java.lang.String, ${shape.value}>`
    case 'list':
      return `java.util.List<${shape.member}>`
    case 'blob':
      return 'class java.nio.ByteBuffer'
    default:
      return `class java.lang.${javaName[shape.type]}`
  }
}
