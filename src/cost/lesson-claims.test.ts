import { expect, test } from 'vitest'
import { lessonBill } from './lesson-arithmetic.ts'
import { lessonClaims, lessonPage } from './lesson-claims.ts'
import { lessonWorkload } from './lesson-example.ts'
import { cents } from './money.ts'
import { lessonBook } from './price-books.ts'

test("the lesson's own prices and rules give the lesson's own figures", () => {
  const { perRegion, total, lines } = lessonBill(lessonWorkload, lessonBook())
  expect([lines.writes, lines.replication, lines.reads, lines.storage].map(cents)).toEqual(['6000.00', '12000.00', '3000.00', '25.00'])
  expect([cents(perRegion), cents(total)]).toEqual(['21025.00', '63075.00'])
  const question = lessonBill({ writesPerSecond: 500, readsPerSecond: 0, itemBytes: 2048, storedGb: 0, regions: 2 }, lessonBook())
  expect(question.localUnits + question.replicatedUnits).toBe(1500)
})

test('every claim has what is right beside it, and why they differ', () => {
  const claims = lessonClaims()
  expect(claims.map(({ id }) => id).sort()).toEqual(Array.from({ length: 22 }, (_, at) => `D${at + 1}`).sort())
  for (const { claim, correct, why } of claims) expect([claim, correct, why].every((text) => text.length > 5)).toBe(true)
  const of = (id: string): string => JSON.stringify(claims.find((claim) => claim.id === id))
  expect(of('D1')).toContain('$474.50 provisioned, $1,642.50 on demand at full rate ($3,285.00 before November 2024)')
  expect(of('D2')).toContain('$949.00 provisioned ($1,423.50 before November 2024), $3,285.00 on demand')
  expect(of('D6')).toContain('$6,020.50 provisioned, $20,635.83 on demand. 1,000 in all: $3,049.40 and $10,360.35')
  expect(of('D7')).toContain('3,000 in each Region')
  expect(of('D9')).toContain('2,000 in each when each Region makes 500, 1,000 when')
  expect(of('D11')).toContain('By its own figures 7.9 to 12.6 times')
  expect(of('D11')).toContain('0.8 to 1.3')
  expect(of('D11')).toContain('2.6 to 4.2')
  expect(of('D11')).toContain('0.4 to 0.6')
  expect(of('D13')).toContain('$5,018.31 with four r7g.2xlarge, $5,524.59')
  expect(of('D16')).toContain('71.1 % at full use, 58.7 % at the usual 70 %, nothing at 28.9 %')
  expect(of('D18')).toContain('$13.30')
  expect(of('D21')).toContain('$1,485.55')
  expect(of('D21')).toContain('$100.25 to $300.75')
})

/** `npx vitest run src/cost/lesson-claims -u` writes it anew. */
test('the page of the documentation says what is computed', async () => {
  await expect(lessonPage()).toMatchFileSnapshot('../../docs/lesson-costs.md')
})
