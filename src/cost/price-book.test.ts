import { describe, expect, it, test } from 'vitest'
import { decimal } from './money.ts'
import type { ClassMeter, Meter } from './price-book.ts'
import { classMeters, plainMeters, priceOf, unitsOf } from './price-book.ts'
import { bookNames, builtInBook, currentBook, lessonBook } from './price-books.ts'

const known = new Set<string>([...classMeters, ...classMeters.map((meter: ClassMeter) => `ia-${meter}`), ...plainMeters])

describe.each(bookNames)('the book %s', (name) => {
  const book = builtInBook(name)
  const cells = Object.entries(book.regions).flatMap(([region, { prices }]) =>
    Object.entries(prices).map(([meter, price]) => ({ region, meter, price })),
  )

  it('has a name, a date, a source for every price, and no other meters than there are', () => {
    expect(book.name).toBe(name)
    expect(book.validFrom ?? book.validUntil).toMatch(/^\d{4}-\d{2}-\d{2}$/)
    for (const { meter, price } of cells) {
      expect(known.has(meter) || /^(aurora-instance|transfer-out)\//.test(meter), meter).toBe(true)
      expect(Object.keys(book.sources)).toContain(price.source)
      expect(decimal(price.usd).gt(decimal(0))).toBe(true)
    }
  })

  it('charges five times as much for a write as for a strongly consistent read', () => {
    for (const [region, { prices }] of Object.entries(book.regions)) {
      for (const [write, read] of [
        ['write-request', 'read-request'],
        ['write-hour', 'read-hour'],
      ] as const) {
        const [of, by] = [prices[write], prices[read]]
        if (of === undefined || by === undefined) continue
        expect(Math.round(Number(of.usd) / Number(by.usd)), `${region} ${write}`).toBe(5)
      }
    }
  })
})

test('since the cut a replicated write costs what a write costs, in every Region and mode', () => {
  for (const [region, { prices }] of Object.entries(currentBook().regions)) {
    for (const meter of ['write-request', 'write-hour', 'ia-write-request', 'ia-write-hour']) {
      const replicated = meter.startsWith('ia-') ? `ia-replicated-${meter.slice(3)}` : `replicated-${meter}`
      expect(prices[replicated]?.usd, `${region} ${meter}`).toBe(prices[meter]?.usd)
    }
  }
})

test('what no source confirms says why', () => {
  const book = currentBook()
  expect(priceOf(book, 'us-east-1', 'write-request')?.unconfirmed).toBeUndefined()
  expect(priceOf(book, 'eu-central-1', 'write-request')?.unconfirmed).toMatch(/Keyspaces/)
  expect(priceOf(book, 'eu-central-1', 'write-hour')?.unconfirmed).toBeUndefined()
  expect(priceOf(book, 'eu-south-1', 'write-request')).toBeUndefined()
  expect(priceOf(book, 'constructor', 'storage')).toBeUndefined()
})

test('a price is for a million requests, an hour of a unit, a GB and month, or a GB', () => {
  const of = (meter: Meter) => unitsOf(meter).unit
  expect([of('ia-write-request'), of('read-hour'), of('recovery-storage'), of('restore')]).toEqual([
    'million requests',
    'unit-hour',
    'GB-month',
    'GB',
  ])
})

test("the lesson's prices are by unit and month", () => {
  expect(lessonBook().perUnitMonth).toEqual({ write: '6.00', replicatedWrite: '6.00', read: '0.60', storageGb: '0.25' })
})
