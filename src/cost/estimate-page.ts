import type { BillReport, EstimateReport } from './bill-report.ts'
import { quantityText, usd } from './bill-report.ts'
import type { Bar } from './charts.ts'
import { barChart, chartStyle, escapeHtml, lineChart } from './charts.ts'
import { decimal, dollars } from './money.ts'

/** An estimate as one HTML file that needs nothing else: no script, and nothing is loaded (its content policy forbids it). */
export function estimatePage(report: EstimateReport): string {
  const { name, bill, months } = report
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(name)}: ${usd(bill.total)} a month</title>
<style>${style}${chartStyle}</style>
</head>
<body>
<main>
<h1>${escapeHtml(name)}</h1>
<p class="total">${usd(bill.total)} <span>a month, by the price book ${escapeHtml(bill.prices)}</span></p>
${notes(bill)}
<h2>By Region</h2>
${barChart('The bill by Region and cause', regionBars(bill), causesOf(bill))}
${months.length === 0 ? '' : `<h2>Month by month</h2>\n${lineChart('The bill month by month', months.map(monthPoint))}\n<p>Everything grows alike.</p>`}
<h2>What it would be otherwise</h2>
${barChart('The bill beside its variants', variantBars(report), ['a month'])}
${variantNotes(report)}
<h2>Lines</h2>
${linesTable(bill)}
${unconfirmed(bill)}
</main>
</body>
</html>
`
}

const style = `
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0}
main{max-width:60rem;margin:0 auto;padding:1rem}
.total{font-size:2rem;margin:.2em 0}
.total span{font-size:1rem;opacity:.7}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;padding:.2rem .5rem;border-bottom:1px solid #8884}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.scroll{overflow-x:auto}
`

function causesOf({ lines }: BillReport): readonly string[] {
  return [...new Set(lines.map(({ cause }) => cause))]
}

function regionBars(bill: BillReport): readonly Bar[] {
  return Object.entries(bill.regions).map(([region, total]) => {
    const parts = causesOf(bill).flatMap((cause) => {
      const value = bill.lines
        .filter((line) => line.region === region && line.cause === cause)
        .reduce((sum, line) => sum.plus(decimal(line.usd)), decimal(0))
      return value.eq(decimal(0)) ? [] : [{ name: cause, value: Number(value.toFixed(2)), text: dollars(value) }]
    })
    return { label: region, parts, text: usd(total) }
  })
}

function variantBars({ bill, variants }: EstimateReport): readonly Bar[] {
  const bar = (label: string, total: string): Bar => ({
    label,
    parts: [{ name: 'a month', value: Number(total), text: usd(total) }],
    text: usd(total),
  })
  return [
    bar('as described', bill.total),
    ...variants.flatMap((each) => (each.bill === undefined ? [] : [bar(each.name, each.bill.total)])),
  ]
}

function monthPoint({ month, usd: amount }: EstimateReport['months'][number]) {
  return { label: String(month), value: Number(amount), text: usd(amount) }
}

function variantNotes({ variants }: EstimateReport): string {
  const said = variants.flatMap(({ name, problems = [], notes: own, bill }) =>
    [...problems.map(({ problem }) => problem), ...own, ...(bill?.notes ?? [])].map((note) => `${name}: ${note}`),
  )
  return list(said)
}

function notes({ notes: said }: BillReport): string {
  return list(said)
}

function list(entries: readonly string[]): string {
  return entries.length === 0 ? '' : `<ul>${entries.map((entry) => `<li>${escapeHtml(entry)}</li>`).join('')}</ul>`
}

function linesTable({ lines }: BillReport): string {
  const rows = lines.map(({ region, table, index, cause, meter, quantity, price, per, usd: amount, unconfirmed: mark }) => {
    const cells = [region, table, index ?? '', cause, meter].map((cell) => `<td>${escapeHtml(cell)}</td>`)
    const figures = [quantityText(quantity), `${price} per ${per}`, usd(amount)]
    const question = mark === undefined ? '' : ` <abbr title="${escapeHtml(mark)}">?</abbr>`
    return `<tr>${cells.join('')}${figures.map((cell, at) => `<td class="n">${escapeHtml(cell)}${at === 1 ? question : ''}</td>`).join('')}</tr>`
  })
  const head = ['Region', 'Table', 'Index', 'Cause', 'Meter'].map((name) => `<th>${name}</th>`).join('')
  return `<div class="scroll"><table><thead><tr>${head}<th class="n">Quantity</th><th class="n">Price</th><th class="n">USD</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

function unconfirmed({ unconfirmed: all }: BillReport): string {
  if (all.length === 0) return ''
  return `<h2>Not confirmed</h2>${list(all.map(({ what, why }) => `${what}: ${why}`))}`
}
