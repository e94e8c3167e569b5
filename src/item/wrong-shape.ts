import type { Invalid } from './invalid.ts'
import { invalidShape } from './invalid.ts'

/**
 * What DynamoDB answers when the JSON of an attribute value has the wrong shape: texts of its deserialiser, which speaks of Java.
 *
 * Seen in public reports: `NUMBER_VALUE cannot be converted to String`, `Unexpected field type`, `Start of structure or map found
 * where not expected`. The others are recalled, or follow from these; they are guesses until somebody sees them.
 */
export type Shape = keyof typeof shapes

interface ShapeTexts {
  /** The Java class, named when an array comes instead. */
  readonly className: string
  readonly insteadOfString: string
  /** The token is `NUMBER_VALUE`, `TRUE_VALUE` or `FALSE_VALUE`. */
  readonly insteadOfToken: (token: string) => string
  readonly insteadOfObject: string
}

const OBJECT_NOT_EXPECTED = 'Start of structure or map found where not expected'
const UNEXPECTED_FIELD = 'Unexpected field type'
const UNEXPECTED_VALUE = 'Unexpected value type in payload'
const ATTRIBUTE_VALUE_CLASS = 'com.amazonaws.dynamodb.v20120810.AttributeValue'

const shapes = {
  string: {
    className: 'class java.lang.String',
    insteadOfString: UNEXPECTED_FIELD,
    insteadOfToken: (token) => `${token} cannot be converted to String`,
    insteadOfObject: OBJECT_NOT_EXPECTED,
  },
  boolean: {
    className: 'class java.lang.Boolean',
    insteadOfString: 'Unexpected token received from parser',
    insteadOfToken: (token) => `${token} cannot be converted to Boolean`,
    insteadOfObject: OBJECT_NOT_EXPECTED,
  },
  binary: {
    className: 'class java.nio.ByteBuffer',
    insteadOfString: UNEXPECTED_FIELD,
    insteadOfToken: () => 'Only base-64-encoded strings are convertible to bytes',
    insteadOfObject: OBJECT_NOT_EXPECTED,
  },
  list: {
    className: 'interface java.util.List',
    insteadOfString: UNEXPECTED_FIELD,
    insteadOfToken: () => UNEXPECTED_FIELD,
    insteadOfObject: OBJECT_NOT_EXPECTED,
  },
  map: {
    className: `java.util.Map<java.lang.String, ${ATTRIBUTE_VALUE_CLASS}>`,
    insteadOfString: UNEXPECTED_FIELD,
    insteadOfToken: () => UNEXPECTED_FIELD,
    insteadOfObject: UNEXPECTED_FIELD,
  },
  attributeValue: {
    className: `class ${ATTRIBUTE_VALUE_CLASS}`,
    insteadOfString: UNEXPECTED_VALUE,
    insteadOfToken: () => UNEXPECTED_VALUE,
    insteadOfObject: UNEXPECTED_VALUE,
  },
} as const satisfies Record<string, ShapeTexts>

/** Why this JSON, which is not null, is not of that shape. */
export function wrongShape(json: unknown, shape: Shape): Invalid {
  const texts: ShapeTexts = shapes[shape]
  if (Array.isArray(json)) return invalidShape(`Unrecognized collection type ${texts.className}`)
  switch (typeof json) {
    case 'string':
      return invalidShape(texts.insteadOfString)
    case 'number':
      return invalidShape(texts.insteadOfToken('NUMBER_VALUE'))
    case 'boolean':
      return invalidShape(texts.insteadOfToken(json ? 'TRUE_VALUE' : 'FALSE_VALUE'))
    default:
      return invalidShape(texts.insteadOfObject)
  }
}
