/**
 * The laws of a store on random histories: it behaves like a sorted array that is changed by one transaction after the other.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Subject } from './store.contract.ts'
import type { Entry, Key, Page, PageLimit, Range, Snapshot, Write } from './store.ts'
import { KEY_BYTES_MAX } from './store.ts'

type Step =
  | { readonly kind: 'transact'; readonly batch: readonly (readonly Write[])[] }
  | { readonly kind: 'page'; readonly range: Range; readonly limit: PageLimit }
  | { readonly kind: 'get'; readonly keys: readonly Key[] }
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'crash' }

/** Few bytes and few lengths, so that keys meet; now and then one of full size. */
const key = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.uint8Array({ minLength: 1, maxLength: 3 }).map((bytes) => bytes.map((byte) => [0, 1, 0x7f, 0x80, 0xff][byte % 5] ?? 0)),
  },
  { weight: 1, arbitrary: fc.constantFrom(0, 0xff).map((last) => new Uint8Array(KEY_BYTES_MAX).fill(1).fill(last, KEY_BYTES_MAX - 1)) },
)
const bound = fc.oneof(
  { weight: 8, arbitrary: key },
  { weight: 1, arbitrary: fc.constant(new Uint8Array()) },
  { weight: 1, arbitrary: key.map(withZero) },
)
const value = fc.oneof(
  { weight: 10, arbitrary: fc.uint8Array({ maxLength: 8 }) },
  { weight: 1, arbitrary: fc.integer({ min: 30_000, max: 70_000 }).map((size) => new Uint8Array(size).fill(size)) },
)
const write: fc.Arbitrary<Write> = fc.record({ key, value: fc.option(value, { nil: undefined }) })
const limit = fc.record({ entriesMax: fc.constantFrom(1, 2, 5, Infinity), bytesMax: fc.constantFrom(0, 6, 40, 40_000, Infinity) })
const range = fc.record({ from: bound, to: bound, reverse: fc.boolean() })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('transact' as const),
      batch: fc.array(fc.array(write, { maxLength: 6 }), { minLength: 1, maxLength: 5 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('page' as const), range, limit }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('get' as const), keys: fc.array(key, { maxLength: 4 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'snapshot' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'crash' } as const) },
)

export function storeModelContract(name: string, openSubject: () => Promise<Subject>, numRuns: number): void {
  test(`${name} behaves like a sorted array through any history of transactions, reads, snapshots and crashes`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
        const first = await openSubject()
        try {
          await replay(first, steps)
        } finally {
          await first.dispose()
        }
      }),
      { numRuns },
    )
  })
}

async function replay(first: Subject, steps: readonly Step[]): Promise<void> {
  let subject = first
  let model: readonly Entry[] = []
  let held: { readonly snapshot: Snapshot; readonly model: readonly Entry[] } | undefined
  for (const current of steps) {
    switch (current.kind) {
      case 'transact': {
        const decided = current.batch.map((writes) => {
          const before = writes.map((one) => lookUp(model, one.key))
          model = writes.reduce(applied, model)
          const keys = writes.map((one) => one.key)
          return { before, read: subject.store.transact(keys, (values) => ({ writes, result: values })) }
        })
        for (const { before, read } of decided) expect((await read).map(hex)).toEqual(before.map(hex))
        break
      }
      case 'page':
        expect(readable(await subject.store.page(current.range, current.limit))).toEqual(
          readable(pageOf(model, current.range, current.limit)),
        )
        if (held !== undefined) {
          const page = await held.snapshot.page(current.range, current.limit)
          expect(readable(page)).toEqual(readable(pageOf(held.model, current.range, current.limit)))
        }
        break
      case 'get':
        expect((await subject.store.getMany(current.keys)).map(hex)).toEqual(current.keys.map((one) => hex(lookUp(model, one))))
        for (const one of current.keys) {
          expect(hex(await subject.store.get(one))).toBe(hex(lookUp(model, one)))
          if (held !== undefined) expect(hex(await held.snapshot.get(one))).toBe(hex(lookUp(held.model, one)))
        }
        break
      case 'snapshot':
        held?.snapshot.close()
        held = { snapshot: await subject.store.snapshot(), model }
        break
      case 'crash':
        held = undefined
        subject = await subject.crash()
        break
    }
  }
  await subject.store.close()
}

function applied(model: readonly Entry[], { key, value }: Write): readonly Entry[] {
  const others = model.filter((entry) => Buffer.compare(entry.key, key) !== 0)
  if (value === undefined) return others
  return [...others, { key, value }].sort((a, b) => Buffer.compare(a.key, b.key))
}

function lookUp(model: readonly Entry[], key: Key): Uint8Array | undefined {
  return model.find((entry) => Buffer.compare(entry.key, key) === 0)?.value
}

function pageOf(model: readonly Entry[], { from, to, reverse }: Range, { entriesMax, bytesMax }: PageLimit): Page {
  const inRange = model.filter((entry) => Buffer.compare(entry.key, from) >= 0 && Buffer.compare(entry.key, to) < 0)
  if (reverse) inRange.reverse()
  let bytes = 0
  const end = inRange.findIndex((entry, index) => {
    bytes += entry.key.length + entry.value.length
    return index + 1 >= entriesMax || bytes >= bytesMax
  })
  return end < 0 ? { entries: inRange, more: false } : { entries: inRange.slice(0, end + 1), more: true }
}

function readable(page: Page): unknown {
  return { more: page.more, entries: page.entries.map((entry) => [hex(entry.key), hex(entry.value)]) }
}

function hex(value: Uint8Array | undefined): string | undefined {
  return value && Buffer.from(value).toString('hex')
}

function withZero(key: Key): Key {
  return Uint8Array.of(...key, 0)
}
