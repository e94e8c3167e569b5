import type { BillLine } from './bill-line.ts'
import { decimal, sum } from './money.ts'
import { unitsOf } from './price-book.ts'

/**
 * The free tier: the units of each month that cost nothing, by Region and meter. That it counts Region by Region and not once for the whole account is
 * not confirmed.
 */
export function allowancesOf(lines: readonly BillLine[]): readonly BillLine[] {
  const byMeter = new Map<string, BillLine[]>()
  for (const line of lines) {
    if (line.price.freeUpTo === undefined) continue
    const key = `${line.region} ${line.meter}`
    byMeter.set(key, [...(byMeter.get(key) ?? []), line])
  }
  return [...byMeter.values()].flatMap((same) => {
    const [first] = same
    if (first === undefined) return []
    const used = sum(same.map(({ quantity }) => quantity))
    const free = decimal(first.price.freeUpTo ?? '0')
    const quantity = (used.lt(free) ? used : free).neg()
    const { region, meter, price } = first
    const usd = quantity.times(decimal(price.usd)).div(unitsOf(meter).per)
    return [{ region, table: '', cause: 'free tier' as const, meter, quantity, price: { ...price, unconfirmed: scope }, usd }]
  })
}

const scope = 'whether the free tier counts in each Region or once for the account'
