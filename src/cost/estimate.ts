import { auroraAssumptions, auroraUsage } from './aurora-usage.ts'
import type { Bill, Unpriced } from './bill.ts'
import { billFor, isUnpriced } from './bill.ts'
import type { Charging } from './charging.ts'
import { defaultCharging } from './charging.ts'
import type { InputProblem } from './input-problem.ts'
import { mergePatch } from './merge-patch.ts'
import type { Decimal } from './money.ts'
import { decimal, one } from './money.ts'
import { isProblems, parseWorkload } from './parse-workload.ts'
import type { PriceBook } from './price-book.ts'
import type { CapacityChoice, Workload } from './workload.ts'
import { replicasOf } from './workload.ts'
import { scaled, usageOf } from './workload-usage.ts'

/** A workload's monthly bill, how it grows, and what it would be otherwise. */
export interface Estimate {
  readonly workload: Workload
  readonly book: PriceBook
  readonly bill: Bill
  /** What the user named, then what is always worth a look. Each says why there is no bill where there is none. */
  readonly variants: readonly Variant[]
  /** The total of each month; empty without growth. */
  readonly months: readonly { readonly month: number; readonly usd: Decimal }[]
}

export interface Variant {
  readonly name: string
  readonly outcome: Bill | { readonly problems: readonly InputProblem[] }
  readonly notes: readonly string[]
}

export function isEstimate(outcome: Estimate | readonly InputProblem[]): outcome is Estimate {
  return !Array.isArray(outcome)
}

/**
 * @param input what was read of a file
 * @param bookNamed undefined: there is no book of that name
 * @returns every problem of the input, or the estimate; never a part of one
 */
export function estimate(
  input: unknown,
  bookNamed: (name: string) => PriceBook | undefined,
  bookNames: readonly string[],
): Estimate | readonly InputProblem[] {
  const workload = parseWorkload(input)
  if (isProblems(workload)) return workload
  const book = bookNamed(workload.prices)
  if (book === undefined) return [{ path: 'prices', problem: `must be one of ${bookNames.join(', ')}` }]
  const bill = billOf(workload, book)
  if (isUnpriced(bill)) return unpricedProblems(bill, book)
  // A variant that is wrong in itself is wrong input; one for which prices are missing is told beside the others.
  const variants: Variant[] = []
  const problems: InputProblem[] = []
  for (const [at, { name, change }] of (workload.variants ?? []).entries()) {
    const changed = parseWorkload(mergePatch(mergePatch(input, { variants: null }), change))
    if (isProblems(changed))
      problems.push(...changed.map((each) => ({ path: `variants[${at}].change: ${each.path}`, problem: each.problem })))
    else variants.push(variant(name, changed, bookNamed(changed.prices) ?? book))
  }
  if (problems.length > 0) return problems
  return { workload, book, bill, variants: [...variants, ...usualVariants(workload, book)], months: monthsOf(workload, book) }
}

export function billOf(workload: Workload, book: PriceBook): Bill | Unpriced {
  const charging = chargingOf(workload, workload.capacity)
  const byTable = new Map(
    workload.tables.map((table) => [table.name, chargingOf(workload, { ...workload.capacity, ...table.capacity })] as const),
  )
  return billFor(usageOf(workload), book, charging, (table) => byTable.get(table) ?? charging)
}

function chargingOf({ hoursPerMonth, freeTier }: Workload, capacity: CapacityChoice): Charging {
  return {
    ...defaultCharging,
    ...capacity,
    targetUtilization: capacity.targetUtilization === undefined ? defaultCharging.targetUtilization : decimal(capacity.targetUtilization),
    hoursPerMonth: decimal(hoursPerMonth),
    freeTier,
  }
}

export function unpricedProblems({ missing }: Unpriced, book: PriceBook): readonly InputProblem[] {
  return missing.map(({ region, meter }) => ({
    path: 'regions',
    problem: `the price book ${book.name} has no price of ${meter} in ${region}; import one with \`everywrite prices import\``,
  }))
}

function variant(name: string, workload: Workload, book: PriceBook, notes: readonly string[] = []): Variant {
  const bill = billOf(workload, book)
  return { name, outcome: isUnpriced(bill) ? { problems: unpricedProblems(bill, book) } : bill, notes }
}

function usualVariants(workload: Workload, book: PriceBook): readonly Variant[] {
  const paidBy = (name: string, capacity: CapacityChoice): Variant => {
    const tables = workload.tables.map(({ capacity: _own, ...table }) => table)
    return variant(name, { ...workload, capacity: { ...workload.capacity, ...capacity }, tables }, book)
  }
  const target = workload.capacity.targetUtilization ?? 0.7
  const percent = `${decimal(target).times(decimal(100)).toFixed()} %`
  const found = [
    paidBy('on-demand', { mode: 'on-demand', commitment: 'none' }),
    paidBy('on-demand, Database Savings Plan', { mode: 'on-demand', commitment: 'savings-plan' }),
    paidBy(`provisioned, scaled to ${percent} used`, { mode: 'provisioned', commitment: 'none' }),
    paidBy(`provisioned at the peak, ${percent} used there`, { mode: 'provisioned', scaling: 'peak', commitment: 'none' }),
    paidBy('provisioned, Database Savings Plan', { mode: 'provisioned', commitment: 'savings-plan' }),
    paidBy('provisioned, reserved for one year', { mode: 'provisioned', commitment: 'reserved-1y' }),
    paidBy('provisioned, reserved for three years', { mode: 'provisioned', commitment: 'reserved-3y' }),
    variant(
      'class Standard-IA',
      { ...workload, tables: workload.tables.map((table) => ({ ...table, class: 'infrequent-access' as const })) },
      book,
    ),
    ...withoutEach(workload, book),
  ]
  if (workload.aurora !== undefined) found.push(auroraVariant(workload, workload.aurora, book))
  return found
}

/** One Region fewer: what it wrote and read moves to the first that stays. Not for tables that need three Regions. */
function withoutEach(workload: Workload, book: PriceBook): readonly Variant[] {
  if (workload.tables.some(({ consistency }) => consistency === 'strong')) return []
  return workload.regions.flatMap((gone) => {
    const fewer = withoutRegion(workload, gone)
    return fewer === undefined ? [] : [variant(`without ${gone}`, fewer, book, [`What ${gone} wrote and read comes to another Region.`])]
  })
}

export function withoutRegion(workload: Workload, gone: string): Workload | undefined {
  if (workload.regions.length < 2) return undefined
  const regions = workload.regions.filter((region) => region !== gone)
  const tables = workload.tables.map((table) => {
    const replicas = replicasOf(workload, table)
    const staying = replicas.filter((region) => region !== gone)
    const [heir] = staying.length === 0 ? regions : staying
    if (heir === undefined) return table
    // What every Region does is written out, so that the part of the one that goes can move.
    const moved = <T extends { readonly region: string }>(all: readonly T[]): T[] =>
      all.flatMap((each) =>
        each.region === 'every'
          ? replicas.map((region) => ({ ...each, region: region === gone ? heir : region }))
          : [each.region === gone ? { ...each, region: heir } : each],
      )
    const { timeToLive, streamReads } = table
    const heirOf = (region: string): string => (region === gone ? heir : region)
    return {
      ...table,
      replicas: staying.length === 0 ? [heir] : staying,
      writes: moved(table.writes),
      reads: moved(table.reads),
      restores: table.restores.filter(({ region }) => region !== gone),
      ...(timeToLive === undefined ? {} : { timeToLive: { ...timeToLive, region: heirOf(timeToLive.region) } }),
      ...(streamReads === undefined ? {} : { streamReads: { ...streamReads, region: heirOf(streamReads.region) } }),
    }
  })
  return { ...workload, regions, tables }
}

function auroraVariant(workload: Workload, aurora: NonNullable<Workload['aurora']>, book: PriceBook): Variant {
  const charging = chargingOf(workload, {})
  const bill = billFor(auroraUsage(workload, aurora, book), book, { ...charging, freeTier: false })
  const name = `Aurora Global Database, ${aurora.storage}`
  return { name, outcome: isUnpriced(bill) ? { problems: unpricedProblems(bill, book) } : bill, notes: auroraAssumptions }
}

function monthsOf(workload: Workload, book: PriceBook): Estimate['months'] {
  if (workload.growth === undefined) return []
  const { monthlyPercent, months } = workload.growth
  const rate = one.plus(decimal(monthlyPercent).div(decimal(100)))
  const usage = usageOf(workload)
  const charging = chargingOf(workload, workload.capacity)
  const chargingByTable = (name: string): Charging => {
    const table = workload.tables.find((each) => each.name === name)
    return chargingOf(workload, { ...workload.capacity, ...table?.capacity })
  }
  let factor = one
  return Array.from({ length: months }, (_, at) => {
    const bill = billFor(scaled(usage, factor), book, charging, chargingByTable)
    factor = factor.times(rate).round(20)
    if (isUnpriced(bill)) throw new Error('what has a price in the first month has one later')
    return { month: at + 1, usd: bill.total }
  })
}
