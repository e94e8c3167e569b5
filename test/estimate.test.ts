import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { EstimateReport } from '../src/cost/bill-report.ts'
import { everywrite } from './command.ts'

const folder = mkdtempSync(join(tmpdir(), 'everywrite-estimate-'))

async function estimated(...args: string[]): Promise<EstimateReport> {
  const { code, stdout, stderr } = await everywrite('estimate', ...args, '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as EstimateReport
}

// The figures by hand: units a second x hours x the hour's price, in each Region.
test.each([
  ['two-regions', { 'us-east-1': '949.00', 'eu-west-1': '1073.10' }, '2022.10', '1011.05'],
  ['three-regions', { 'us-east-1': '1923.00', 'us-west-2': '1923.00', 'eu-west-1': '2174.50' }, '6020.50', '3049.40'],
  [
    'five-regions',
    { 'us-east-1': '2872.00', 'us-west-2': '2872.00', 'eu-west-1': '3247.60', 'ap-northeast-1': '3278.46', 'ap-southeast-1': '3269.70' },
    '15539.76',
    '5270.12',
  ],
])('the example of %s, to the cent', async (name, regions, total, shared) => {
  const { bill, variants } = await estimated(`examples/cost/${name}.yaml`)
  expect({ regions: bill.regions, total: bill.total }).toEqual({ regions, total })
  expect(variants[0]?.bill?.total).toBe(shared)
})

test('a bill is a table, a spreadsheet and a page that loads nothing', async () => {
  const page = join(folder, 'shop.html')
  const table = await everywrite('estimate', 'examples/cost/shop.yaml', '--html', page)
  expect(table).toMatchObject({ code: 0, stderr: '' })
  const { bill } = await estimated('examples/cost/shop.yaml')
  const dollars = `$${Number(bill.total).toLocaleString('en-US', { minimumFractionDigits: 2 })}`
  expect(table.stdout).toContain(`${dollars} a month`)
  const html = readFileSync(page, 'utf8')
  expect(html).toContain(dollars)
  expect(html).toContain('<svg')
  expect(html).not.toMatch(/(src|href)="(https?:)?\/\//)
  const { stdout: csv } = await everywrite('estimate', 'examples/cost/shop.yaml', '--csv')
  const rows = csv.trim().split('\n')
  expect(rows.length).toBeGreaterThan(bill.lines.length)
  expect(new Set(rows.map((row) => row.split(',').length > 4))).toEqual(new Set([true]))
})

test('a file with mistakes is refused with all of them, and nothing is computed', async () => {
  const path = join(folder, 'wrong.yaml')
  writeFileSync(
    path,
    'regions: [us-east-1]\ncapacity: { mode: free }\ntables: [{ name: a, zzz: 1, writes: [{ region: every, perSecond: -1 }] }]\n',
  )
  const { code, stdout, stderr } = await everywrite('estimate', path)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toContain('capacity.mode must be one of on-demand, provisioned')
  expect(stderr).toContain('tables[0].zzz is not known here; allowed are name, ')
  expect(stderr).toContain('tables[0].writes[0].perSecond must be >= 0')
})

test('what is no file, or neither YAML nor JSON, is named in one sentence', async () => {
  const path = join(folder, 'torn.yaml')
  writeFileSync(path, 'regions: [us-east-1')
  expect(await everywrite('estimate', path)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is neither YAML nor JSON') as string,
  })
  expect(await everywrite('estimate', join(folder, 'none.yaml'))).toMatchObject({ code: 1, stdout: '' })
  expect(await everywrite('estimate')).toMatchObject({
    stdout: '',
    stderr: expect.stringContaining('needs a file, or --interactive') as string,
  })
})
