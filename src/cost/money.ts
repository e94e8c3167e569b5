import Big from 'big.js'

/**
 * Amounts of money and of work, in decimal arithmetic: binary floating point gives 1,906.22 where the sum is 1,906.225. A constructor of our own, so
 * that nobody else's settings reach it; strict, so that no binary number slips in unseen.
 */
export const Decimal = Big()
Decimal.DP = 40
Decimal.RM = Decimal.roundHalfUp
Decimal.strict = true

export type Decimal = Big

/** From what was read of a file, a meter or a person: a number is taken as it is written. */
export function decimal(value: number | string): Decimal {
  return new Decimal(String(value))
}

export const zero = decimal(0)
export const one = decimal(1)

export function sum(values: Iterable<Decimal>): Decimal {
  let total = zero
  for (const value of values) total = total.plus(value)
  return total
}

/** Rounded half up to the cent, once, at the end: `1906.23`. */
export function cents(amount: Decimal): string {
  return amount.toFixed(2)
}

/** `$1,906.23` */
export function dollars(amount: Decimal): string {
  const [whole = '0', fraction = '00'] = cents(amount.abs()).split('.')
  const sign = amount.lt(zero) && cents(amount) !== '0.00' && cents(amount) !== '-0.00' ? '-' : ''
  return `${sign}$${grouped(whole)}.${fraction}`
}

/** A count with at most two places behind the point: `2,628`, `0.5`. */
export function count(value: Decimal): string {
  const [whole = '0', fraction = ''] = value.toFixed(2).split('.')
  const kept = fraction.replace(/0+$/, '')
  return kept === '' ? grouped(whole) : `${grouped(whole)}.${kept}`
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',')
}
