import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AttributeMap, AttributeValue } from './attribute-value.ts'
import { attributeOf } from './attribute-value.ts'
import { invalid, invalidShape, isInvalid } from './invalid.ts'
import { attributeSizeBytes, itemSizeBytes } from './item-size.ts'
import { normalizeNumber } from './number.ts'
import { NESTING_TOO_DEEP, parseAttributeValue, parseItem } from './parse-attribute-value.ts'

const EMPTY = 'Supplied AttributeValue is empty, must contain exactly one of the supported datatypes'
const SEVERAL = 'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes'

const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e100, max: 1e100 })).map((value) => {
  const normal = normalizeNumber(String(value))
  return isInvalid(normal) ? '0' : normal
})
const binary = fc.uint8Array({ maxLength: 10 }).map((bytes) => Buffer.from(bytes).toString('base64'))
const setOf = (member: fc.Arbitrary<string>): fc.Arbitrary<string[]> => fc.uniqueArray(member, { minLength: 1, maxLength: 4 })
const name = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 }),
  fc.constantFrom('__proto__', 'constructor', 'S', 'toString'),
)

/** Values in normal form, made as JSON.parse makes them. */
const { value: values } = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.record({ S: text }),
    fc.record({ N: number }),
    fc.record({ B: binary }),
    fc.record({ BOOL: fc.boolean() }),
    fc.constant({ NULL: true as const }),
    fc.record({ SS: setOf(text) }),
    fc.record({ NS: setOf(number) }),
    fc.record({ BS: setOf(binary) }),
    fc.record({ L: fc.array(tie('value'), { maxLength: 4 }) }),
    fc.record({ M: fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)) }),
  ),
}))

function valueOf(json: unknown): AttributeValue {
  const parsed = parseAttributeValue(json)
  if (isInvalid(parsed)) throw new Error(parsed.invalid)
  return parsed.value
}

describe('a value in normal form', () => {
  test('is accepted as it is, without a copy, and has the size that it has elsewhere', () => {
    fc.assert(
      fc.property(values, (value) => {
        const parsed = parseAttributeValue(value)
        expect(parsed).toEqual({ value, sizeBytes: attributeSizeBytes(value) })
        if (!isInvalid(parsed)) expect(parsed.value).toBe(value)
      }),
      { numRuns: 1000 },
    )
  })

  test('in an item counts its name too', () => {
    fc.assert(
      fc.property(fc.dictionary(name, values), (attributes) => {
        const parsed = parseItem(attributes)
        if (isInvalid(parsed)) throw new Error(parsed.invalid)
        expect(parsed.item).toBe(attributes)
        expect(parsed.sizeBytes).toBe(itemSizeBytes(attributes))
      }),
    )
  })
})

describe('a value that is not yet normal', () => {
  test.each([
    [{ N: '1.50' }, { N: '1.5' }],
    [{ NS: ['1', '2.0'] }, { NS: ['1', '2'] }],
    [{ L: [{ S: 'a' }, { N: '+1' }] }, { L: [{ S: 'a' }, { N: '1' }] }],
    [{ S: 'a', N: null }, { S: 'a' }],
    [{ S: 'a', Unknown: 1 }, { S: 'a' }],
    [{ S: 'half \ud83d' }, { S: 'half \ufffd' }],
  ])('%j becomes %j, and what came in stays as it was', (json, normal) => {
    const before = structuredClone(json)
    const parsed = parseAttributeValue(json)
    expect(parsed).toEqual({ value: normal, sizeBytes: attributeSizeBytes(normal as AttributeValue) })
    expect(json).toEqual(before)
  })

  test('leaves its neighbours as they are, whatever their names', () => {
    const json = JSON.parse(
      '{"__proto__":{"N":"01"},"constructor":{"S":"x"},"half \\ud800":{"M":{"__proto__":{"N":"1e1"}}}}',
    ) as AttributeMap
    const parsed = parseItem(json)
    if (isInvalid(parsed)) throw new Error(parsed.invalid)
    expect(Object.keys(parsed.item)).toEqual(['__proto__', 'constructor', 'half \ufffd'])
    expect(attributeOf(parsed.item, '__proto__')).toEqual({ N: '1' })
    expect(attributeOf(parsed.item, 'constructor')).toBe(json['constructor'])
    expect(JSON.stringify(attributeOf(parsed.item, 'half \ufffd'))).toBe('{"M":{"__proto__":{"N":"10"}}}')
    expect(parsed.sizeBytes).toBe(itemSizeBytes(parsed.item))
  })
})

test.each([{ S: '' }, { B: '' }, { SS: [''] }, { BS: [''] }, { L: [] }, { M: {} }])('the empty %j is a value', (json) => {
  expect(valueOf(json)).toBe(json)
})

describe('a value is refused for what it says:', () => {
  test.each([
    [{}, EMPTY],
    [null, EMPTY],
    [{ S: null }, EMPTY],
    [{ X: 'a' }, EMPTY],
    [{ L: [null] }, EMPTY],
    [{ M: { a: null } }, EMPTY],
    [{ M: { a: {} } }, EMPTY],
    [{ S: 'a', N: '1' }, SEVERAL],
    [{ L: [{ BOOL: true, NULL: true }] }, SEVERAL],
    [{ NULL: false }, 'One or more parameter values were invalid: Null attribute value types must have the value of true'],
    [{ N: 'NaN' }, 'The parameter cannot be converted to a numeric value: NaN'],
    [{ N: '' }, 'The parameter cannot be converted to a numeric value'],
    [{ NS: ['1', 'x'] }, 'The parameter cannot be converted to a numeric value: x'],
    [{ SS: [] }, 'One or more parameter values were invalid: An string set  may not be empty'],
    [{ NS: [] }, 'One or more parameter values were invalid: An number set  may not be empty'],
    [{ BS: [] }, 'One or more parameter values were invalid: Binary sets should not be empty'],
    [{ SS: ['a', 'b', 'a'] }, 'One or more parameter values were invalid: Input collection [a, b, a] contains duplicates.'],
    [{ NS: ['1', '1.0'] }, 'Input collection contains duplicates'],
    [{ BS: ['AA==', 'AA=='] }, 'One or more parameter values were invalid: Input collection [AA==, AA==]of type BS contains duplicates.'],
    [{ SS: [null] }, 'One or more parameter values were invalid: An string set may not have a null string as a member'],
    [{ M: { '': { S: 'a' } } }, 'One or more parameter values were invalid: Attribute name must not be empty'],
  ])('%j', (json, message) => {
    expect(parseAttributeValue(json)).toEqual(invalid(message))
    expect(parseItem({ a: json })).toEqual(invalid(message))
  })
})

describe('a value is refused for its shape:', () => {
  test.each([
    [{ S: 1 }, 'NUMBER_VALUE cannot be converted to String'],
    [{ N: 1 }, 'NUMBER_VALUE cannot be converted to String'],
    [{ S: true }, 'TRUE_VALUE cannot be converted to String'],
    [{ N: false }, 'FALSE_VALUE cannot be converted to String'],
    [{ S: {} }, 'Start of structure or map found where not expected'],
    [{ S: ['a'] }, 'Unrecognized collection type class java.lang.String'],
    [{ SS: [1] }, 'NUMBER_VALUE cannot be converted to String'],
    [{ SS: 'a' }, 'Unexpected field type'],
    [{ NS: {} }, 'Start of structure or map found where not expected'],
    [{ BOOL: 'true' }, 'Unexpected token received from parser'],
    [{ BOOL: 1 }, 'NUMBER_VALUE cannot be converted to Boolean'],
    [{ NULL: 'no' }, 'Unexpected token received from parser'],
    [{ B: 1 }, 'Only base-64-encoded strings are convertible to bytes'],
    [{ B: 'AAA' }, 'Base64 encoded length is expected a multiple of 4 bytes but found: 3'],
    [{ B: 'AB==' }, 'Invalid last non-pad Base64 character dectected'],
    [{ B: 'AAB=' }, 'Invalid last non-pad Base64 character dectected'],
    [{ B: 'A===' }, 'Invalid Base64 character'],
    [{ B: '__--' }, 'Invalid Base64 character'],
    [{ BS: ['AAAA\n\n\n\n'] }, 'Invalid Base64 character'],
    [{ M: 'a' }, 'Unexpected field type'],
    [{ M: [] }, 'Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>'],
    [{ L: {} }, 'Start of structure or map found where not expected'],
    [{ L: ['a'] }, 'Unexpected value type in payload'],
    ['a', 'Unexpected value type in payload'],
    [[], 'Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue'],
  ])('%j', (json, message) => {
    expect(parseAttributeValue(json)).toEqual(invalidShape(message))
    expect(parseItem({ a: json })).toEqual(invalidShape(message))
  })

  test('before anything that it says, wherever in the item', () => {
    const shape = invalidShape('NUMBER_VALUE cannot be converted to String')
    expect(parseItem({ a: { N: 'x' }, b: { L: [{ S: 1 }] } })).toEqual(shape)
    expect(parseItem({ a: { S: 1 }, b: { N: 'x' } })).toEqual(shape)
    expect(parseAttributeValue({ S: 'a', N: 1 })).toEqual(shape)
  })

  test.each(['a', 1, true, null, []])('an item that is %j', (json) => {
    expect(parseItem(json)).toMatchObject({ kind: 'serialization' })
  })
})

test('base64 is accepted exactly when it is what the bytes are written as', () => {
  const characters = fc.constantFrom(...'AQgwBEIz09+/==-_ ')
  fc.assert(
    fc.property(fc.array(characters, { maxLength: 9 }), (all) => {
      const base64 = all.join('')
      const canonical = Buffer.from(base64, 'base64').toString('base64') === base64
      expect(isInvalid(parseAttributeValue({ B: base64 }))).toBe(!canonical)
    }),
    { numRuns: 3000 },
  )
})

describe('nesting', () => {
  function nested(levels: number, kind: 'M' | 'L'): unknown {
    let json: unknown = { S: 'deep' }
    for (let level = 0; level < levels; level++) json = kind === 'M' ? { M: { a: json } } : { L: [json] }
    return json
  }

  test.each(['M', 'L'] as const)('of %s is accepted 31 deep around a scalar and refused 32 deep', (kind) => {
    expect(isInvalid(parseAttributeValue(nested(31, kind)))).toBe(false)
    expect(parseAttributeValue(nested(32, kind))).toEqual(invalid(NESTING_TOO_DEEP))
  })

  test('of a hundred thousand levels is refused without following it', () => {
    expect(parseItem({ a: nested(100_000, 'M') })).toEqual(invalid(NESTING_TOO_DEEP))
    expect(parseItem({ a: nested(100_000, 'L') })).toEqual(invalid(NESTING_TOO_DEEP))
  })
})
