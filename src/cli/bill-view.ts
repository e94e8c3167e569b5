import type { BillReport, EstimateReport } from '../cost/bill-report.ts'
import { quantityText, usd } from '../cost/bill-report.ts'
import { decimal, dollars } from '../cost/money.ts'
import { layOut, style } from './output.ts'

/** A bill for people: lines Region by Region, their sum, and what of it is not certain. */
export function drawBill(bill: BillReport): string {
  const rows = Object.entries(bill.regions).flatMap(([region, total]) => [
    ...bill.lines
      .filter((line) => line.region === region)
      .map((line) => [
        region,
        line.index === undefined ? line.table : `${line.table} / ${line.index}`,
        line.cause,
        quantityText(line.quantity),
        `${line.price} per ${line.per}${line.unconfirmed === undefined ? '' : ' ?'}`,
        usd(line.usd),
      ]),
    [style.strong(region), '', '', '', '', style.strong(usd(total))],
  ])
  return layOut(
    ['REGION', 'TABLE', 'CAUSE', 'QUANTITY', 'PRICE', 'A MONTH'],
    [...rows, [style.strong('all'), '', '', '', '', style.strong(usd(bill.total))]],
  )
}

export function drawNotes(bill: BillReport): string {
  const unconfirmed = bill.unconfirmed.map(({ what, why }) => `? ${what} is not confirmed: ${why}`)
  return [...bill.notes, ...unconfirmed].join('\n')
}

/** The difference is to the bill as described. */
export function drawVariants({ bill, variants }: EstimateReport): string {
  const rows = variants.map(({ name, bill: other, problems }) => {
    if (other === undefined) return [name, '-', problems?.[0]?.problem ?? '']
    const difference = decimal(other.total).minus(decimal(bill.total))
    const sign = difference.gt(decimal(0)) ? '+' : ''
    return [name, usd(other.total), `${sign}${dollars(difference)}`]
  })
  return layOut(['OTHERWISE', 'A MONTH', 'DIFFERENCE'], [['as described', usd(bill.total), ''], ...rows])
}

export function drawMonths({ months }: EstimateReport): string {
  return layOut(
    ['MONTH', 'BILL'],
    months.map(({ month, usd: amount }) => [String(month), usd(amount)]),
  )
}
