import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Overlay, laidOver } from './overlay.ts'
import type { Write } from './store.ts'

const key = fc.uint8Array({ minLength: 1, maxLength: 2 }).map((bytes) => bytes.map((byte) => [0, 1, 0x7f, 0x80, 0xff][byte % 5] ?? 0))
const write: fc.Arbitrary<Write> = fc.record({ key, value: fc.option(fc.uint8Array({ maxLength: 2 }), { nil: undefined }) })
const bound = fc.oneof(key, fc.constant(new Uint8Array()))
const range = fc.record({ from: bound, to: bound, reverse: fc.boolean() })
const everything = { from: new Uint8Array(), to: Uint8Array.of(0xff, 0xff, 0xff) }

test('an overlay laid over another reads as one to which the writes of both were added in turn', () => {
  fc.assert(
    fc.property(fc.array(write, { maxLength: 12 }), fc.array(write, { maxLength: 12 }), range, (below, above, asked) => {
      const together = overlayOf([...below, ...above])
      const laid = [...laidOver(overlayOf(above).writesIn(asked), overlayOf(below).writesIn(asked), asked.reverse)]
      expect(laid.map(readable)).toEqual([...together.writesIn(asked)].map(readable))
      const all = [...together.values()].map(readable)
      const inRange = all.filter(([hex]) => hex >= hexOf(asked.from) && hex < hexOf(asked.to))
      expect(laid.map(readable)).toEqual(asked.reverse ? inRange.toReversed() : inRange)
      expect(together.hasAnyIn(asked)).toBe(inRange.length > 0)
    }),
  )
})

test('a clone stays as it is while the original changes, and the other way round', () => {
  const original = overlayOf([put('a', '1'), put('b', '1')])
  const clone = original.clone()
  original.add([put('a', '2'), put('c', '2')])
  clone.add([put('b', '3')])
  expect(texts(original)).toEqual(['a=2', 'b=1', 'c=2'])
  expect(texts(clone)).toEqual(['a=1', 'b=3'])
})

test('what lies above is read to its end, and what lies below is let go when nobody reads on', () => {
  let letGo = false
  function* below(): Generator<Write> {
    try {
      yield put('b', '1')
      yield put('d', '1')
    } finally {
      letGo = true
    }
  }
  for (const { key: first } of laidOver([put('a', '2'), put('e', '2')], below())) {
    if (Buffer.from(first).toString() === 'b') break
  }
  expect(letGo).toBe(true)
})

function overlayOf(writes: readonly Write[]): Overlay {
  const overlay = new Overlay()
  overlay.add(writes)
  return overlay
}

function put(text: string, value: string): Write {
  return { key: Buffer.from(text), value: Buffer.from(value) }
}

function texts(overlay: Overlay): string[] {
  return [...overlay.writesIn(everything)].map((each) => `${Buffer.from(each.key).toString()}=${Buffer.from(each.value ?? []).toString()}`)
}

function readable({ key: bytes, value }: Write): readonly [string, string | undefined] {
  return [hexOf(bytes), value && hexOf(value)]
}

/** Compares as the bytes do. */
function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
