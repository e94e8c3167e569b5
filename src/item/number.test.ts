import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { invalid, isInvalid } from './invalid.ts'
import {
  addNumbers,
  compareNumbers,
  decodeNumber,
  encodeNumber,
  normalizeNumber,
  NOT_A_NUMBER,
  NUMBER_OVERFLOW,
  NUMBER_TOO_PRECISE,
  NUMBER_UNDERFLOW,
  subtractNumbers,
} from './number.ts'

/** The oracle: a value as an integer number of 1E-400, which every number of the tests is a multiple of. */
const SCALE = 400
function exact(text: string): bigint {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text)
  if (match === null) throw new Error(`not a number: ${text}`)
  const [, sign = '', integer = '', fraction = '', exponent = '0'] = match
  const shift = SCALE - fraction.length + Number(exponent)
  const coefficient = BigInt(integer + fraction)
  const value = shift >= 0 ? coefficient * 10n ** BigInt(shift) : coefficient / 10n ** BigInt(-shift)
  return sign === '-' ? -value : value
}

/** What the oracle says of a value: its normal form's value, or the text of its refusal. */
function judge(value: bigint): string | undefined {
  const digits = (value < 0n ? -value : value).toString()
  if (value === 0n) return undefined
  if (digits.length > SCALE + 126) return NUMBER_OVERFLOW
  if (digits.length <= SCALE - 130) return NUMBER_UNDERFLOW
  if (digits.replace(/0+$/, '').length > 38) return NUMBER_TOO_PRECISE
  return undefined
}

const digits = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...'0123456789'), { minLength, maxLength }).map((all) => all.join(''))

const notations = fc
  .record({
    sign: fc.constantFrom('', '', '-', '+'),
    integer: digits(1, 24),
    fraction: fc.option(digits(0, 24), { nil: undefined }),
    exponent: fc.option(fc.integer({ min: -150, max: 130 }), { nil: undefined }),
    e: fc.constantFrom('e', 'E', 'e+', 'E+'),
  })
  .map(({ sign, integer, fraction, exponent, e }) => {
    const power = exponent === undefined ? '' : exponent < 0 ? `e${exponent}` : `${e}${exponent}`
    return sign + integer + (fraction === undefined ? '' : `.${fraction}`) + power
  })

const normals = fc
  .oneof(notations, fc.integer().map(String), fc.constantFrom('0', '1E-130', '-1E-130', '9E125', '-9E125', '99e-130'))
  .map(normalizeNumber)
  .filter((normal): normal is string => !isInvalid(normal))

describe('the normal form', () => {
  test('is numerically equal to what was written, and is refused exactly where the range or the precision ends', () => {
    fc.assert(
      fc.property(notations, (text) => {
        const value = exact(text)
        const refusal = judge(value)
        const normal = normalizeNumber(text)
        if (refusal !== undefined) expect(normal).toEqual(invalid(refusal))
        else expect(exact(normal as string)).toBe(value)
      }),
      { numRuns: 2000 },
    )
  })

  test('of a normal form is the same text, plain and without superfluous zeros', () => {
    fc.assert(
      fc.property(normals, (normal) => {
        expect(normalizeNumber(normal)).toBe(normal)
        expect(normal).toMatch(/^(?:0|-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?)$/)
        expect(normal).not.toBe('-0')
      }),
    )
  })

  test.each([
    ['0', '0'],
    ['-0', '0'],
    ['0.000', '0'],
    ['0E+999999999999999999999', '0'],
    ['00042', '42'],
    ['+7', '7'],
    ['1.0', '1'],
    ['1.', '1'],
    ['.5', '0.5'],
    ['-.50', '-0.5'],
    ['1E+2', '100'],
    ['1.5e2', '150'],
    ['100e-2', '1'],
    ['123456789012345', '123456789012345'],
    ['1e100', '1' + '0'.repeat(100)],
    ['1E-130', '0.' + '0'.repeat(129) + '1'],
    ['9.9999999999999999999999999999999999999E+125', '9'.repeat(38) + '0'.repeat(88)],
  ])('of %s is %s', (text, normal) => {
    expect(normalizeNumber(text)).toBe(normal)
  })

  test.each([
    ['1E126', NUMBER_OVERFLOW],
    ['-1E126', NUMBER_OVERFLOW],
    ['1E99999999999999999999999', NUMBER_OVERFLOW],
    ['9.9E-131', NUMBER_UNDERFLOW],
    ['1E-99999999999999999999999', NUMBER_UNDERFLOW],
    ['1'.repeat(39), NUMBER_TOO_PRECISE],
    ['0.' + '3'.repeat(39), NUMBER_TOO_PRECISE],
    ['', NOT_A_NUMBER],
  ])('of %s is refused: %s', (text, message) => {
    expect(normalizeNumber(text)).toEqual(invalid(message))
  })

  test.each([
    'NaN',
    'Infinity',
    '-',
    '+',
    '.',
    'e5',
    '1e',
    '1e+',
    '1e1.5',
    ' 1',
    '1 ',
    '1_000',
    '0x10',
    '--1',
    '1.2.3',
    '１',
    '12n',
    'abc',
    '-a',
    '1e-',
  ])('of %s does not exist', (text) => {
    expect(normalizeNumber(text)).toEqual(invalid(`${NOT_A_NUMBER}: ${text}`))
  })

  test('of a text of a megabyte is found, or refused, in a time that grows no faster than the text', () => {
    const million = 1_000_000
    expect(normalizeNumber('9'.repeat(million))).toEqual(invalid(NUMBER_OVERFLOW))
    expect(normalizeNumber('0.' + '9'.repeat(million))).toEqual(invalid(NUMBER_TOO_PRECISE))
    expect(normalizeNumber('1' + '0'.repeat(million))).toEqual(invalid(NUMBER_OVERFLOW))
    expect(normalizeNumber('1e' + '9'.repeat(million))).toEqual(invalid(NUMBER_OVERFLOW))
    expect(normalizeNumber('0'.repeat(million) + '1')).toBe('1')
    expect(normalizeNumber('1' + '0'.repeat(million) + `e-${million}`)).toBe('1')
    expect(isInvalid(normalizeNumber('1'.repeat(million) + 'x'))).toBe(true)
  }, 2_000)
})

test('numbers are ordered by their values', () => {
  fc.assert(
    fc.property(normals, normals, (a, b) => {
      const difference = exact(a) - exact(b)
      expect(Math.sign(compareNumbers(a, b))).toBe(difference < 0n ? -1 : difference > 0n ? 1 : 0)
    }),
    { numRuns: 2000 },
  )
})

describe('arithmetic', () => {
  test('is exact, or refused where the exact result is no number', () => {
    const check = (result: string | object, value: bigint): void => {
      const refusal = judge(value)
      if (refusal !== undefined) expect(result).toEqual(invalid(refusal))
      else expect(exact(result as string)).toBe(value)
    }
    fc.assert(
      fc.property(normals, normals, (a, b) => {
        check(addNumbers(a, b), exact(a) + exact(b))
        check(subtractNumbers(a, b), exact(a) - exact(b))
      }),
      { numRuns: 2000 },
    )
  })

  test('gives normal forms', () => {
    fc.assert(
      fc.property(normals, normals, (a, b) => {
        const sum = addNumbers(a, b)
        if (typeof sum === 'string') expect(normalizeNumber(sum)).toBe(sum)
        expect(subtractNumbers(a, a)).toBe('0')
      }),
    )
  })

  test.each([
    ['0.1', '0.2', '0.3'],
    ['999999999999999', '999999999999999', '1999999999999998'],
    ['-5', '5', '0'],
    ['9007199254740993', '1', '9007199254740994'],
    ['99999999999999999999999999999999999999', '1', '1' + '0'.repeat(38)],
  ])('%s + %s = %s', (a, b, sum) => {
    expect(addNumbers(a, b)).toBe(sum)
  })

  test('beyond the range or the precision is refused in the words for storing such a number', () => {
    const largest = '9'.repeat(38) + '0'.repeat(88)
    const smallest = '0.' + '0'.repeat(129) + '1'
    expect(addNumbers(largest, '1' + '0'.repeat(125))).toEqual(invalid(NUMBER_OVERFLOW))
    expect(addNumbers('1' + '0'.repeat(38), '1')).toEqual(invalid(NUMBER_TOO_PRECISE))
    expect(addNumbers(largest, smallest)).toEqual(invalid(NUMBER_TOO_PRECISE))
    expect(subtractNumbers(`${smallest}1`, smallest)).toEqual(invalid(NUMBER_UNDERFLOW))
  })
})

describe('encoded numbers', () => {
  test('are decoded to the same text', () => {
    fc.assert(
      fc.property(normals, (normal) => {
        expect(decodeNumber(encodeNumber(normal))).toBe(normal)
      }),
      { numRuns: 2000 },
    )
  })

  test('are ordered as bytes as the numbers are', () => {
    fc.assert(
      fc.property(normals, normals, (a, b) => {
        expect(Math.sign(Buffer.compare(encodeNumber(a), encodeNumber(b)))).toBe(Math.sign(compareNumbers(a, b)))
      }),
      { numRuns: 2000 },
    )
  })

  test('stay in order whatever follows them', () => {
    fc.assert(
      fc.property(normals, normals, fc.uint8Array({ maxLength: 3 }), fc.uint8Array({ maxLength: 3 }), (a, b, afterA, afterB) => {
        fc.pre(a !== b)
        const first = Buffer.concat([encodeNumber(a), afterA])
        const second = Buffer.concat([encodeNumber(b), afterB])
        expect(Math.sign(Buffer.compare(first, second))).toBe(Math.sign(compareNumbers(a, b)))
      }),
      { numRuns: 2000 },
    )
  })

  test('are small, down to the ends of the range', () => {
    const ends = [
      '0',
      '1',
      '-1',
      '99',
      '1E-130',
      '-1E-130',
      '9.9999999999999999999999999999999999999E+125',
      '1.2345678901234567890123456789012345678E-130',
    ]
    const sizes = ends.map((text) => {
      const normal = normalizeNumber(text) as string
      const bytes = encodeNumber(normal)
      expect(decodeNumber(bytes)).toBe(normal)
      return bytes.length
    })
    expect(sizes).toEqual([2, 2, 2, 2, 2, 2, 20, 21])
  })
})
