import type { EstimateReport } from '../cost/bill-report.ts'
import { estimateCsv, estimateReport, usd } from '../cost/bill-report.ts'
import type { InputProblem } from '../cost/input-problem.ts'
import { readInputFile, writeOutputFile } from '../server/input-file.ts'
import { drawBill, drawMonths, drawNotes, drawVariants } from './bill-view.ts'
import type { Arguments, Command } from './command.ts'
import { UsageError, assertPositionals, textOf } from './command.ts'
import { layOut, print, printJson, style } from './output.ts'
import { bookNamed, booksOf } from './prices.ts'

const help = `everywrite estimate FILE: what a workload costs in a month on DynamoDB

The file, in YAML or JSON, says which tables are written and read, from where and how often; \`everywrite/schemas/workload.json\` of the package is its
schema, docs/cost.md shows one. The bill comes line by line, with the price of each and a question mark where no source confirms it, and beside it what
it would be on demand, provisioned, reserved, under a savings plan, with one Region fewer. Prices are list prices in USD; see \`everywrite prices\`.

  --interactive    asks instead of reading a file; --save FILE keeps what was answered
  --lesson         the lesson's claims on costs beside the right figures, and why they differ
  --prices NAME    the price book, instead of the one that the file names
  --data DIR       where imported price books are (default ./.everywrite)
  --csv            every line of the bill and its variants, for a spreadsheet
  --html FILE      as a page with charts, which needs nothing else
  --json           as JSON`

export const estimateCommand: Command = {
  help,
  options: {
    interactive: { type: 'boolean' },
    save: { type: 'string' },
    lesson: { type: 'boolean' },
    prices: { type: 'string' },
    data: { type: 'string' },
    csv: { type: 'boolean' },
    html: { type: 'string' },
  },
  async run(args) {
    assertPositionals(args, 1)
    const json = args.values['json'] === true
    if (args.values['lesson'] === true) return tellLesson(json)
    const { estimate, isEstimate } = await import('../cost/estimate.ts')
    const input = await inputOf(args)
    const files = booksOf(args)
    const books = await files.all()
    const named = textOf(args, 'prices')
    if (named !== undefined) await bookNamed(files, named)
    const outcome = estimate(named === undefined ? input : withPrices(input, named), (name) => books.get(name), [...books.keys()])
    if (!isEstimate(outcome)) return refuse(outcome, args.positionals[0] ?? 'the answers', json)
    const report = estimateReport(outcome)
    await tell(report, args, json)
    return 0
  },
}

async function inputOf(args: Arguments): Promise<unknown> {
  const [path] = args.positionals
  if (args.values['interactive'] === true) {
    if (path !== undefined) throw new UsageError('--interactive asks instead of reading a file')
    const [{ interview }, { workloadFrom, workloadQuestions }] = await Promise.all([
      import('./interview.ts'),
      import('../cost/workload-questions.ts'),
    ])
    const input = workloadFrom(await interview(workloadQuestions))
    await keep(textOf(args, 'save'), input)
    return input
  }
  if (path === undefined) throw new UsageError('`everywrite estimate` needs a file, or --interactive')
  return readInputFile(path)
}

export async function keep(path: string | undefined, input: unknown): Promise<void> {
  if (path === undefined) return
  const { stringify } = await import('yaml')
  await writeOutputFile(path, stringify(input))
  process.stderr.write(`Kept as ${path}.\n`)
}

function withPrices(input: unknown, prices: string): unknown {
  return typeof input === 'object' && input !== null ? { ...input, prices } : input
}

/** All that is wrong, a line each; nothing is computed. */
export function refuse(problems: readonly InputProblem[], path: string, json: boolean): number {
  if (json) printJson({ problems })
  else for (const { path: place, problem } of problems) process.stderr.write(`${path}: ${place === '' ? 'it' : place} ${problem}\n`)
  return 1
}

async function tell(report: EstimateReport, args: Arguments, json: boolean): Promise<void> {
  const html = textOf(args, 'html')
  if (html !== undefined) {
    const { estimatePage } = await import('../cost/estimate-page.ts')
    await writeOutputFile(html, estimatePage(report))
  }
  if (json) return printJson(report)
  if (args.values['csv'] === true) {
    process.stdout.write(estimateCsv(report))
    return
  }
  print(`${style.strong(report.name)}: ${usd(report.bill.total)} a month, by the price book ${report.bill.prices}\n`)
  print(drawBill(report.bill))
  const notes = drawNotes(report.bill)
  if (notes !== '') print(`\n${notes}`)
  if (report.months.length > 0) print(`\nMonth by month, where everything grows alike:\n${drawMonths(report)}`)
  print(`\n${drawVariants(report)}`)
  for (const { name, notes: own, bill } of report.variants) for (const note of [...own, ...(bill?.notes ?? [])]) print(`${name}: ${note}`)
  if (html !== undefined) print(`\nThe page is ${html}.`)
}

async function tellLesson(json: boolean): Promise<number> {
  const { lessonClaims } = await import('../cost/lesson-claims.ts')
  const claims = lessonClaims()
  if (json) printJson({ claims })
  for (const { id, claim, correct, verdict, why } of json ? [] : claims) {
    print(`${style.strong(id)}  ${claim}`)
    print(
      layOut(
        [],
        [
          ['', style.faint('correct'), correct],
          ['', style.faint(verdict), why],
        ],
      ).replace(/^\n/, ''),
    )
    print()
  }
  return 0
}
