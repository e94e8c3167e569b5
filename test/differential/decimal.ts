/**
 * DynamoDB's numbers for the model: a coefficient and a power of ten, and nothing clever.
 * Written from the developer guide ("Supported data types and naming rules"), apart from the product's own arithmetic.
 */
export interface Decimal {
  /** Without trailing zeros; its sign is the number's. */
  readonly coefficient: bigint
  readonly exponent: number
}

/** The text is one that the generator made: an optional sign, digits with a point somewhere, an optional exponent. */
export function decimalOf(text: string): Decimal {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text)
  if (match === null) throw new Error(`not a number: ${text}`)
  const [, sign, integer = '', fraction = '', exponent = '0'] = match
  const coefficient = BigInt(integer + fraction)
  return withoutZeros({ coefficient: sign === '-' ? -coefficient : coefficient, exponent: Number(exponent) - fraction.length })
}

/** As DynamoDB prints it: plain decimal notation. */
export function printed({ coefficient, exponent }: Decimal): string {
  const sign = coefficient < 0n ? '-' : ''
  const digits = digitsOf(coefficient)
  if (exponent >= 0) return sign + digits + (coefficient === 0n ? '' : '0'.repeat(exponent))
  const padded = digits.padStart(1 - exponent, '0')
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`
}

export function sumOf(a: Decimal, b: Decimal): Decimal {
  const exponent = Math.min(a.exponent, b.exponent)
  return withoutZeros({ coefficient: scaled(a, exponent) + scaled(b, exponent), exponent })
}

export function negated({ coefficient, exponent }: Decimal): Decimal {
  return { coefficient: -coefficient, exponent }
}

export function compareDecimals(a: Decimal, b: Decimal): number {
  const { coefficient } = sumOf(a, negated(b))
  return coefficient === 0n ? 0 : coefficient < 0n ? -1 : 1
}

export type NumberProblem = 'overflow' | 'underflow' | 'precision'

/** Why DynamoDB does not take the number; undefined when it does. */
export function numberProblem({ coefficient, exponent }: Decimal): NumberProblem | undefined {
  if (coefficient === 0n) return undefined
  const digits = digitsOf(coefficient).length
  const magnitude = digits - 1 + exponent
  if (magnitude > 125) return 'overflow'
  if (magnitude < -130) return 'underflow'
  return digits > 38 ? 'precision' : undefined
}

/** One byte, and one for every two significant digits before the point, behind it, and for a minus. */
export function decimalBytes(decimal: Decimal): number {
  if (decimal.coefficient === 0n) return 1
  const [integer = '', fraction = ''] = printed(decimal).replace('-', '').split('.')
  const before = integer === '0' ? '' : fraction === '' ? integer.replace(/0+$/, '') : integer
  const behind = integer === '0' ? fraction.replace(/^0+/, '') : fraction
  return 1 + Math.ceil(before.length / 2) + Math.ceil(behind.length / 2) + (decimal.coefficient < 0n ? 1 : 0)
}

function digitsOf(coefficient: bigint): string {
  return String(coefficient < 0n ? -coefficient : coefficient)
}

function scaled({ coefficient, exponent }: Decimal, to: number): bigint {
  return coefficient * 10n ** BigInt(exponent - to)
}

function withoutZeros({ coefficient, exponent }: Decimal): Decimal {
  if (coefficient === 0n) return { coefficient, exponent: 0 }
  let [rest, zeros] = [coefficient, 0]
  while (rest % 10n === 0n) {
    rest /= 10n
    zeros++
  }
  return { coefficient: rest, exponent: exponent + zeros }
}
