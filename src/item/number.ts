import { assert } from '../base/assert.ts'
import type { Invalid } from './invalid.ts'
import { invalid } from './invalid.ts'

/**
 * DynamoDB's numbers: decimals of up to 38 significant digits, zero or 1E-130 to 9.99…E+125 in magnitude.
 * (AWS developer guide, "Supported data types and naming rules".)
 *
 * A number is kept as the text in which DynamoDB prints it, its *normal form*: plain decimal notation whatever the
 * magnitude (1e100 comes back as a one and a hundred zeros; boto3 threads 2020 and 2025), no sign but a minus, no
 * superfluous zeros, zero as `0`. So equal numbers are equal texts. That the smallest ones are plain as well
 * (`0.000…1`) is a guess by analogy.
 *
 * Nothing here becomes a JavaScript number unless it fits without loss, and no work grows faster than the text.
 */

export const NOT_A_NUMBER = 'The parameter cannot be converted to a numeric value'
export const NUMBER_OVERFLOW = 'Number overflow. Attempting to store a number with magnitude larger than supported range'
export const NUMBER_UNDERFLOW = 'Number underflow. Attempting to store a number with magnitude smaller than supported range'
export const NUMBER_TOO_PRECISE = 'Attempting to store more than 38 significant digits in a Number'

const DIGITS_MAX = 38
/** A magnitude is 0.DIGITS × 10^point; so 1E-130 has point -129 and 9.9E+125 has point 126. */
const POINT_MIN = -129
const POINT_MAX = 126
/** Far outside the range and far inside exact integers: where the exponents of absurd numbers are clamped. */
const EXPONENT_CLAMP = 1e12
/** Decimals this short survive the way through a double, in value and in order: it holds any 15 significant digits. */
const EXACT_TEXT_MAX = 15

const MINUS = 0x2d
const PLUS = 0x2b
const DOT = 0x2e
const ZERO = 0x30
const NINE = 0x39

/**
 * The normal form of a number that a client wrote; the very same string where it is normal already.
 *
 * The grammar is that of Java's BigDecimal: sign, digits with a point anywhere, exponent; no spaces. The text for what is no
 * number was seen with `NaN` in PutItem; the other one that can be found, "A value provided cannot be converted into a
 * number", comes from DynamoDB local. That an empty text is answered without the colon is recalled, not seen.
 */
export function normalizeNumber(text: string): string | Invalid {
  if (isShortInteger(text)) return text
  const decimal = parseDecimal(text)
  if (decimal === undefined) return invalid(text === '' ? NOT_A_NUMBER : `${NOT_A_NUMBER}: ${text}`)
  return checkRange(decimal) ?? formatDecimal(decimal)
}

/** Negative, zero or positive, as `a` is below, equal to or above `b`. Both in normal form. */
export function compareNumbers(a: string, b: string): number {
  if (a === b) return 0
  if (a.length <= EXACT_TEXT_MAX && b.length <= EXACT_TEXT_MAX) return Number(a) - Number(b)
  const x = decimalOf(a)
  const y = decimalOf(b)
  const signOfX = signOf(x)
  const signOfY = signOf(y)
  if (signOfX !== signOfY) return signOfX - signOfY
  return signOfX * compareMagnitudes(x, y)
}

/**
 * The exact sum of two numbers in normal form, or why DynamoDB refuses it.
 *
 * An exact result beyond 38 digits is refused, not rounded (an engineer's observation, 2020); with which text is a guess:
 * the one for storing such a number. A result that is too large *and* too long was answered with the overflow
 * (9.99…E+125 + 1E+125, seen 2026), hence the order of the checks.
 */
export function addNumbers(a: string, b: string): string | Invalid {
  if (isShortInteger(a) && isShortInteger(b)) return String(Number(a) + Number(b))
  return addDecimals(decimalOf(a), decimalOf(b))
}

/** The exact difference; see {@link addNumbers}. */
export function subtractNumbers(a: string, b: string): string | Invalid {
  if (isShortInteger(a) && isShortInteger(b)) return String(Number(a) - Number(b))
  const subtrahend = decimalOf(b)
  return addDecimals(decimalOf(a), { ...subtrahend, negative: !subtrahend.negative })
}

/** The exact sum of decimals in plain notation, however many digits it has: for sums that are rounded once, when they are complete. */
export function addExactly(a: string, b: string): string {
  return formatDecimal(sumOf(decimalOf(a), decimalOf(b)))
}

/** The exact difference; see {@link addExactly}. */
export function subtractExactly(a: string, b: string): string {
  const subtrahend = decimalOf(b)
  return formatDecimal(sumOf(decimalOf(a), { ...subtrahend, negative: !subtrahend.negative }))
}

/** The number nearest to an exact sum, of two equally near ones the one farther from zero; or why there is none. */
export function roundToNumber(exact: string): string | Invalid {
  const decimal = decimalOf(exact)
  const rounded = decimal.digits.length > DIGITS_MAX ? roundedUp(decimal) : decimal
  return checkRange(rounded) ?? formatDecimal(rounded)
}

/**
 * Bytes whose unsigned order is the order of the numbers. No encoding is the beginning of another, so something may follow it.
 *
 * ```
 * positive   [ 80 + 64 + e ] [ 2·pair + 1 ] … [ 2·pair ]     magnitude = 0.pair pair … × 100^e, e from -64 to 63
 * zero       [ 80 ] [ 00 ]
 * negative   the complement of every byte of its magnitude
 * ```
 *
 * The lowest bit of a pair says that another one follows: so 12 (`…18`) comes before 12.34 (`…19 44`). A pair of digits is
 * 0 to 99 and the first one at least 1, so `80 00` is free for zero. At most 21 bytes.
 */
export function encodeNumber(normal: string): Uint8Array {
  const { digits, point, negative } = decimalOf(normal)
  if (digits === '') return Uint8Array.of(0x80, 0x00)
  const exponent = Math.ceil(point / 2)
  // An odd point leaves the first pair with one digit.
  const padding = exponent * 2 - point
  const pairs = Math.ceil((digits.length + padding) / 2)
  const bytes = new Uint8Array(1 + pairs)
  bytes[0] = 0xc0 + exponent
  for (let pair = 0; pair < pairs; pair++) {
    const at = 2 * pair - padding
    const value = 10 * digitAt(digits, at) + digitAt(digits, at + 1)
    bytes[1 + pair] = 2 * value + (pair < pairs - 1 ? 1 : 0)
  }
  if (negative) complement(bytes)
  return bytes
}

/** The normal form of what {@link encodeNumber} encoded. */
export function decodeNumber(bytes: Uint8Array): string {
  const magnitude = Uint8Array.from(bytes)
  const first = magnitude[0]
  assert(first !== undefined && magnitude.length >= 2, 'an encoded number has at least two bytes')
  const negative = first < 0x80
  if (negative) complement(magnitude)
  else if (first === 0x80 && magnitude[1] === 0x00) return '0'
  const exponent = (magnitude[0] ?? 0) - 0xc0
  let digits = ''
  for (let at = 1; at < magnitude.length; at++) {
    const byte = magnitude[at] ?? 0
    assert((byte & 1) === (at < magnitude.length - 1 ? 1 : 0), 'an encoded number ends where its last pair says')
    digits += String(byte >> 1).padStart(2, '0')
  }
  return formatDecimal(trimmed(negative, digits, exponent * 2))
}

/** (-1)^negative × 0.digits × 10^point; digits without leading and trailing zeros, none for zero. */
interface Decimal {
  readonly negative: boolean
  readonly digits: string
  readonly point: number
}

/** True for the integers of up to 15 characters that are in normal form: nearly all numbers that there are. */
function isShortInteger(text: string): boolean {
  const length = text.length
  if (length === 0 || length > EXACT_TEXT_MAX) return false
  let at = 0
  if (text.charCodeAt(0) === MINUS) at = 1
  const first = text.charCodeAt(at)
  if (first === ZERO) return length === 1
  if (!(first > ZERO && first <= NINE)) return false
  for (at++; at < length; at++) {
    const code = text.charCodeAt(at)
    if (code < ZERO || code > NINE) return false
  }
  return true
}

/** Any notation to its decimal, in one pass; undefined when it is no number. The magnitude is not judged. */
function parseDecimal(text: string): Decimal | undefined {
  const length = text.length
  let at = 0
  const negative = text.charCodeAt(0) === MINUS
  if (negative || text.charCodeAt(0) === PLUS) at = 1

  const start = at
  let dot = -1
  for (; at < length; at++) {
    const code = text.charCodeAt(at)
    if (code === DOT && dot < 0) dot = at
    else if (code < ZERO || code > NINE) break
  }
  const end = at
  const digitCount = end - start - (dot < 0 ? 0 : 1)
  if (digitCount === 0) return undefined

  let exponent = 0
  if (at < length) {
    const parsed = parseExponent(text, at)
    if (parsed === undefined) return undefined
    exponent = parsed
  }
  const digits = dot < 0 ? text.slice(start, end) : text.slice(start, dot) + text.slice(dot + 1, end)
  const point = (dot < 0 ? end : dot) - start
  return trimmed(negative, digits, point + exponent)
}

/** The exponent at `at`, from its `e` to the end of the text, clamped to ±{@link EXPONENT_CLAMP}. */
function parseExponent(text: string, at: number): number | undefined {
  if ((text.charCodeAt(at) | 0x20) !== 0x65) return undefined
  at++
  const negative = text.charCodeAt(at) === MINUS
  if (negative || text.charCodeAt(at) === PLUS) at++
  if (at === text.length) return undefined
  let exponent = 0
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < ZERO || code > NINE) return undefined
    exponent = Math.min(exponent * 10 + (code - ZERO), EXPONENT_CLAMP)
  }
  return negative ? -exponent : exponent
}

function trimmed(negative: boolean, digits: string, point: number): Decimal {
  let start = 0
  let end = digits.length
  while (start < end && digits.charCodeAt(start) === ZERO) start++
  while (end > start && digits.charCodeAt(end - 1) === ZERO) end--
  if (start === end) return { negative: false, digits: '', point: 0 }
  return { negative, digits: digits.slice(start, end), point: point - start }
}

/** The decimal of a text in normal form. */
function decimalOf(normal: string): Decimal {
  const decimal = parseDecimal(normal)
  assert(decimal !== undefined, 'a stored number is a number')
  return decimal
}

function checkRange({ digits, point }: Decimal): Invalid | undefined {
  if (digits === '') return undefined
  if (point > POINT_MAX) return invalid(NUMBER_OVERFLOW)
  if (point < POINT_MIN) return invalid(NUMBER_UNDERFLOW)
  if (digits.length > DIGITS_MAX) return invalid(NUMBER_TOO_PRECISE)
  return undefined
}

function formatDecimal({ negative, digits, point }: Decimal): string {
  if (digits === '') return '0'
  const sign = negative ? '-' : ''
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return sign + digits + '0'.repeat(point - digits.length)
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

function signOf({ negative, digits }: Decimal): number {
  if (digits === '') return 0
  return negative ? -1 : 1
}

/** Digits have no trailing zeros, so their order as text is their order as fractions. */
function compareMagnitudes(x: Decimal, y: Decimal): number {
  if (x.point !== y.point) return x.point - y.point
  if (x.digits === y.digits) return 0
  return x.digits < y.digits ? -1 : 1
}

/** Coefficients are aligned at the lower exponent: within the range of magnitudes that is at most some 300 digits. */
function addDecimals(x: Decimal, y: Decimal): string | Invalid {
  const decimal = sumOf(x, y)
  return checkRange(decimal) ?? formatDecimal(decimal)
}

function sumOf(x: Decimal, y: Decimal): Decimal {
  const exponent = Math.min(exponentOf(x), exponentOf(y))
  const sum = coefficientAt(x, exponent) + coefficientAt(y, exponent)
  const negative = sum < 0n
  const digits = (negative ? -sum : sum).toString()
  return trimmed(negative, digits, digits.length + exponent)
}

/** To as many digits as a number may have. */
function roundedUp({ negative, digits, point }: Decimal): Decimal {
  const kept = BigInt(digits.slice(0, DIGITS_MAX)) + (digitAt(digits, DIGITS_MAX) >= 5 ? 1n : 0n)
  const text = kept.toString()
  return trimmed(negative, text, point + text.length - DIGITS_MAX)
}

/** The power of ten of the last digit. */
function exponentOf({ digits, point }: Decimal): number {
  return point - digits.length
}

function coefficientAt(decimal: Decimal, exponent: number): bigint {
  if (decimal.digits === '') return 0n
  const coefficient = BigInt(decimal.digits) * 10n ** BigInt(exponentOf(decimal) - exponent)
  return decimal.negative ? -coefficient : coefficient
}

/** The digit at that place; zero before the first and after the last. */
function digitAt(digits: string, at: number): number {
  return at < 0 || at >= digits.length ? 0 : digits.charCodeAt(at) - ZERO
}

function complement(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at++) bytes[at] = 0xff - (bytes[at] ?? 0)
}
