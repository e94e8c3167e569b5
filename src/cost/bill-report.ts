import type { BillLine } from './bill-line.ts'
import type { Bill } from './bill.ts'
import { totalsBy, unconfirmedOf } from './bill.ts'
import type { Estimate, Variant } from './estimate.ts'
import type { InputProblem } from './input-problem.ts'
import { cents, decimal, dollars } from './money.ts'
import { unitsOf } from './price-book.ts'

/** A bill as JSON: amounts are decimal text, rounded to the cent; quantities as they are. */
export interface BillReport {
  readonly prices: string
  readonly total: string
  readonly regions: Readonly<Record<string, string>>
  readonly lines: readonly LineReport[]
  /** What rests on prices that no good source confirms. */
  readonly unconfirmed: readonly { readonly what: string; readonly why: string }[]
  readonly notes: readonly string[]
}

export interface LineReport {
  readonly region: string
  readonly table: string
  readonly index?: string
  readonly cause: string
  readonly meter: string
  readonly quantity: string
  readonly price: string
  readonly per: string
  readonly usd: string
  readonly source: string
  readonly unconfirmed?: string
}

export interface EstimateReport {
  readonly name: string
  readonly bill: BillReport
  readonly variants: readonly VariantReport[]
  readonly months: readonly { readonly month: number; readonly usd: string }[]
}

export interface VariantReport {
  readonly name: string
  readonly notes: readonly string[]
  /** One of the two. */
  readonly bill?: BillReport
  readonly problems?: readonly InputProblem[]
}

export function billReport(bill: Bill): BillReport {
  return {
    prices: bill.book.name,
    total: cents(bill.total),
    regions: Object.fromEntries(totalsBy(bill, ({ region }) => region).map(({ key, usd }) => [key, cents(usd)])),
    lines: bill.lines.map(lineReport),
    unconfirmed: unconfirmedOf(bill),
    notes: bill.notes,
  }
}

function lineReport(line: BillLine): LineReport {
  const { region, table, index, cause, meter, quantity, price, usd } = line
  return {
    region,
    table,
    ...(index === undefined ? {} : { index }),
    cause,
    meter,
    quantity: plainQuantity(quantity.toFixed(6)),
    price: price.usd,
    per: unitsOf(meter).unit,
    usd: cents(usd),
    source: price.source,
    ...(price.unconfirmed === undefined ? {} : { unconfirmed: price.unconfirmed }),
  }
}

function plainQuantity(fixed: string): string {
  return fixed.replace(/\.?0+$/, '')
}

/** An amount of a report, for people. */
export function usd(amount: string): string {
  return dollars(decimal(amount))
}

/** A quantity of a report, for people. */
export function quantityText(quantity: string): string {
  return Number(quantity).toLocaleString('en-US', { maximumFractionDigits: 2 })
}

export function estimateReport({ workload, bill, variants, months }: Estimate): EstimateReport {
  return {
    name: workload.name,
    bill: billReport(bill),
    variants: variants.map(variantReport),
    months: months.map(({ month, usd }) => ({ month, usd: cents(usd) })),
  }
}

function variantReport({ name, outcome, notes }: Variant): VariantReport {
  return 'problems' in outcome ? { name, notes, problems: outcome.problems } : { name, notes, bill: billReport(outcome) }
}

/** Every line of the bill and of its variants; the first column says of which. RFC 4180. */
export function estimateCsv(report: EstimateReport): string {
  const bills = [
    { name: report.name, bill: report.bill },
    ...report.variants.flatMap(({ name, bill }) => (bill === undefined ? [] : [{ name, bill }])),
  ]
  const rows = bills.flatMap(({ name, bill }) =>
    bill.lines.map((line) => [name, ...columns.map((column) => line[column] ?? ''), line.unconfirmed ?? '']),
  )
  return [['bill', ...columns, 'unconfirmed'], ...rows].map(csvRow).join('')
}

const columns = ['region', 'table', 'index', 'cause', 'meter', 'quantity', 'price', 'per', 'usd', 'source'] as const

function csvRow(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\r\n`
}
