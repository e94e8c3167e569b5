import type { BillLine, ProvisionedUnits } from './bill-line.ts'
import type { Decimal } from './money.ts'
import { decimal, sum, zero } from './money.ts'
import type { PriceBook, ReservedTerm } from './price-book.ts'
import { hoursPerDay } from './usage.ts'

/**
 * Reserved capacity: blocks of 100 units of one Region, bought for one or three years, for plain units of the class Standard alone; replicated writes
 * cannot be reserved. A block is bought when what it covers costs more on the list than the block does.
 */
export function reservedCapacityOf(
  provisioned: readonly ProvisionedUnits[],
  book: PriceBook,
  term: ReservedTerm,
  hoursPerMonth: Decimal,
): { readonly lines: readonly BillLine[]; readonly notes: readonly string[] } {
  const lines: BillLine[] = []
  const notes: string[] = []
  const regions = [...new Set(provisioned.map(({ region }) => region))]
  for (const region of regions) {
    const prices = book.reserved[region]?.[term]
    for (const kind of ['write', 'read'] as const) {
      const same = provisioned.filter((each) => each.region === region && each.meter === `${kind}-hour`)
      const [first] = same
      if (first === undefined) continue
      if (prices === undefined) {
        notes.push(`The price book has no reserved capacity (${term}) of ${region}.`)
        break
      }
      const needed = Array.from({ length: hoursPerDay }, (_, hour) => sum(same.map(({ capacity }) => capacity[hour] ?? zero)))
      const { upfront, hourly } = prices[kind]
      const months = decimal(term === '1y' ? 12 : 36)
      const blockCost = decimal(upfront).div(months).plus(decimal(hourly).times(hoursPerMonth))
      const { blocks, saved } = buyBlocks(needed, decimal(first.price.usd), blockCost, hoursPerMonth)
      if (blocks === 0) continue
      notes.push(
        `Reserved in ${region}: ${blocks} blocks of 100 ${kind} units for ${term === '1y' ? 'one year' : 'three years'}, upfront part spread over its months.`,
      )
      lines.push({
        region,
        table: '',
        cause: 'reserved capacity',
        meter: `${kind}-hour`,
        quantity: decimal(blocks * blockUnits),
        price: { usd: first.price.usd, source: first.price.source },
        usd: saved.neg(),
      })
    }
  }
  return { lines, notes }
}

const blockUnits = 100
/** Ten million units of one Region; nobody has more. */
const blocksMax = 100_000

function buyBlocks(
  needed: readonly Decimal[],
  listPrice: Decimal,
  blockCost: Decimal,
  hoursPerMonth: Decimal,
): { readonly blocks: number; readonly saved: Decimal } {
  const size = decimal(blockUnits)
  const hoursOfSlot = hoursPerMonth.div(decimal(hoursPerDay))
  let saved = zero
  for (let blocks = 0; blocks < blocksMax; blocks++) {
    const below = size.times(decimal(blocks))
    const covered = sum(needed.map((units) => clamp(units.minus(below), size))).times(hoursOfSlot)
    const gain = covered.times(listPrice).minus(blockCost)
    if (!gain.gt(zero)) return { blocks, saved }
    saved = saved.plus(gain)
  }
  return { blocks: blocksMax, saved }
}

function clamp(units: Decimal, most: Decimal): Decimal {
  return units.lt(zero) ? zero : units.gt(most) ? most : units
}
