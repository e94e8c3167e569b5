import { allowancesOf } from './allowances.ts'
import type { BillLine, ProvisionedUnits } from './bill-line.ts'
import type { Charging } from './charging.ts'
import type { Decimal } from './money.ts'
import { decimal, sum, zero } from './money.ts'
import type { ClassMeter, Meter, Price, PriceBook } from './price-book.ts'
import { priceOf, unitsOf } from './price-book.ts'
import { reservedCapacityOf } from './reserved-capacity.ts'
import type { Throughput, Usage } from './usage.ts'
import { hoursPerDay, isThroughput } from './usage.ts'

/**
 * A month's bill: usage times prices, line by line, never rounded inside. What the whole Region gets cheaper (free tier, savings plan, reserved
 * capacity) has lines of its own with negative amounts.
 */
export interface Bill {
  readonly book: PriceBook
  readonly charging: Charging
  readonly lines: readonly BillLine[]
  readonly total: Decimal
  /** What the reader has to know: commitments that cannot be had, what AWS says of them. */
  readonly notes: readonly string[]
}

/** What the book has no price for; there is no bill then, since one that leaves something out is wrong. */
export interface Unpriced {
  readonly missing: readonly { readonly region: string; readonly meter: Meter }[]
}

export function isUnpriced(outcome: Bill | Unpriced): outcome is Unpriced {
  return 'missing' in outcome
}

/** @param chargingOf how a table is paid for, where that differs between tables */
export function billFor(
  usage: readonly Usage[],
  book: PriceBook,
  charging: Charging,
  chargingOf: (table: string) => Charging = () => charging,
): Bill | Unpriced {
  const lines: BillLine[] = []
  const missing = new Map<string, { region: string; meter: Meter }>()
  const provisioned: ProvisionedUnits[] = []
  for (const group of groupsOf(usage)) {
    const { region, table } = group.first
    const { meter, quantityOf, capacity } = metered(group, chargingOf(table))
    const price = priceOf(book, region, meter) ?? (meter.startsWith('transfer-out/') ? priceOf(book, region, 'transfer-out') : undefined)
    if (price === undefined) {
      missing.set(`${region} ${meter}`, { region, meter })
      continue
    }
    if (capacity !== undefined) provisioned.push({ region, meter, capacity, price })
    const unitPrice = decimal(price.usd).div(unitsOf(meter).per)
    for (const { index, cause, work } of group.usage) {
      const quantity = quantityOf(work)
      lines.push({ region, table, index, cause, meter, quantity, price, usd: quantity.times(unitPrice) })
    }
  }
  if (missing.size > 0) return { missing: [...missing.values()] }
  const { reductions, notes } = reductionsOf(lines, provisioned, book, charging)
  const all = [...lines, ...reductions]
  return { book, charging, lines: all, total: sum(all.map(({ usd }) => usd)), notes }
}

function reductionsOf(lines: readonly BillLine[], provisioned: readonly ProvisionedUnits[], book: PriceBook, charging: Charging) {
  const free = charging.freeTier ? allowancesOf(lines) : []
  const { commitment } = charging
  const notes: string[] = []
  if (commitment === 'reserved-1y' || commitment === 'reserved-3y') {
    const reserved = reservedCapacityOf(provisioned, book, commitment === 'reserved-1y' ? '1y' : '3y', charging.hoursPerMonth)
    notes.push(...reserved.notes, ...(book.reservedNote === undefined ? [] : [`${book.reservedNote}.`]))
    return { reductions: [...free, ...reserved.lines], notes }
  }
  if (commitment !== 'savings-plan') return { reductions: free, notes }
  if (book.savingsPlan === undefined) {
    notes.push(`The price book ${book.name} has no Database Savings Plan.`)
    return { reductions: free, notes }
  }
  return { reductions: [...free, ...savingsOf([...lines, ...free], book.savingsPlan)], notes }
}

function savingsOf(lines: readonly BillLine[], plan: NonNullable<PriceBook['savingsPlan']>): BillLine[] {
  return lines.flatMap((line) => {
    const onDemand = line.meter.endsWith('-request')
    if (!onDemand && !isCapacityHour(line.meter)) return []
    const { source, unconfirmed } = plan
    const share = onDemand ? plan.onDemand : plan.provisioned
    const price: Price = { usd: line.price.usd, source, ...(unconfirmed === undefined ? {} : { unconfirmed }) }
    return [{ ...line, cause: 'savings plan' as const, price, usd: line.usd.times(decimal(share)).neg() }]
  })
}

export function isCapacityHour(meter: Meter): boolean {
  return /^(ia-)?(replicated-)?(write|read)-hour$/.test(meter)
}

interface Group {
  readonly first: Usage
  readonly usage: Usage[]
}

/** What is provisioned together: all causes of one kind of work on one table or index. Amounts stay by themselves. */
function groupsOf(usage: readonly Usage[]): Iterable<Group> {
  const groups = new Map<string, Group>()
  for (const [at, each] of usage.entries()) {
    const { region, table, index, work } = each
    const key = isThroughput(work) ? JSON.stringify([region, table, index, work.kind, work.infrequentAccess]) : String(at)
    const known = groups.get(key)
    if (known === undefined) groups.set(key, { first: each, usage: [each] })
    else known.usage.push(each)
  }
  return groups.values()
}

interface Metered {
  readonly meter: Meter
  readonly quantityOf: (work: Usage['work']) => Decimal
  readonly capacity?: readonly Decimal[]
}

function metered({ first, usage }: Group, charging: Charging): Metered {
  if (!isThroughput(first.work)) {
    return { meter: first.work.meter, quantityOf: (work) => (isThroughput(work) ? zero : work.quantity) }
  }
  const { kind, infrequentAccess } = first.work
  const works = usage.map(({ work }) => work).filter(isThroughput)
  const meter = (of: ClassMeter): Meter => (infrequentAccess ? `ia-${of}` : of)
  if (charging.mode === 'on-demand') {
    return { meter: meter(`${kind}-request`), quantityOf: (work) => (isThroughput(work) ? work.unitsPerMonth : zero) }
  }
  const capacity = capacityFor(works, charging)
  const unitHours = sum(capacity).times(charging.hoursPerMonth).div(decimal(hoursPerDay))
  const all = sum(works.map(({ unitsPerMonth }) => unitsPerMonth))
  // Each cause bears its part of what they need together.
  const quantityOf = (work: Usage['work']): Decimal =>
    isThroughput(work) && all.gt(zero) ? unitHours.times(work.unitsPerMonth).div(all) : zero
  return { meter: meter(`${kind}-hour`), quantityOf, capacity }
}

/** Units provisioned in each hour of a day. Fractions are kept: a table has whole units, and more than a few of them. */
function capacityFor(works: readonly Throughput[], { hoursPerMonth, targetUtilization, scaling }: Charging): readonly Decimal[] {
  const secondsPerMonth = hoursPerMonth.times(decimal(3600))
  const needed = Array.from({ length: hoursPerDay }, (_, hour) =>
    sum(works.map(({ unitsPerMonth, curve }) => unitsPerMonth.times(curve[hour] ?? zero)))
      .div(secondsPerMonth)
      .div(targetUtilization),
  )
  if (scaling === 'follows') return needed
  const peak = needed.reduce((most, each) => (each.gt(most) ? each : most), zero)
  return needed.map(() => peak)
}

/** Totals by whatever the lines have in common. */
export function totalsBy(bill: Bill, keyOf: (line: BillLine) => string): readonly { readonly key: string; readonly usd: Decimal }[] {
  const byKey = new Map<string, Decimal>()
  for (const line of bill.lines) byKey.set(keyOf(line), (byKey.get(keyOf(line)) ?? zero).plus(line.usd))
  return [...byKey].map(([key, usd]) => ({ key, usd }))
}

/** What of the bill rests on prices that no good source confirms, said once for each reason. */
export function unconfirmedOf({ lines }: Bill): readonly { readonly what: string; readonly why: string }[] {
  const byPrice = new Map<string, { what: string; why: string }>()
  for (const { region, meter, price } of lines) {
    if (price.unconfirmed !== undefined) byPrice.set(`${region} ${meter}`, { what: `${region} ${meter}`, why: price.unconfirmed })
  }
  return [...byPrice.values()]
}
