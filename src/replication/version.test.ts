import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StoredItem } from '../engine/stored-item.ts'
import { compareVersions, decodeVersion, encodeVersion, storedOf } from './version.ts'
import type { Version } from './version.ts'
import { decodeCell, encodeCell, shownIn } from './cell.ts'
import { shownAs } from './policy.ts'
import { decodeReplicaRow, encodeReplicaRow, isFenced } from './replica-row.ts'
import { dotOfRow, dotRange, isWithdrawal, ledgerKey, logKey, tombstoneKey, withdrawalKey } from './rows.ts'
import { spaces } from '../engine/keyspace.ts'

const incarnations = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map((bits) => bits.toString(16).padStart(16, '0'))
const numbers = fc.integer({ min: 1, max: 2 ** 48 - 2 })
const dots = fc.record({ incarnation: incarnations, n: numbers })
const timestamps = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const regions = fc.oneof(
  fc.constantFrom('us-east-1', 'us-gov-east-1', 'ap-southeast-4', 'mx-central-1', 'a', ''),
  fc.string({ unit: 'binary-ascii', maxLength: 255 }),
)
const contexts = fc.array(fc.tuple(incarnations, numbers), { maxLength: 20 }).map((entries) => new Map(entries))
const storedItems = fc
  .tuple(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 2 ** 32 - 1 }))
  .map(([image, sizeBytes]) => new StoredItem(image, sizeBytes))
const versions: fc.Arbitrary<Version> = fc
  .record({
    dot: dots,
    timestamp: timestamps,
    region: regions,
    base: fc.option(fc.record({ dot: dots, timestamp: timestamps }), { nil: undefined }),
    context: contexts,
    epoch: fc.nat({ max: 2 ** 32 - 1 }),
    committedAtMs: fc.nat({ max: 2 ** 48 - 1 }),
    itemKey: fc.uint8Array({ maxLength: 300 }),
    stored: fc.option(storedItems, { nil: undefined }),
  })
  .map(encodeVersion)

function plain(version: Version): unknown {
  const { stored, itemKey, context } = version
  return {
    ...version,
    bytes: undefined,
    itemKey: Buffer.from(itemKey).toString('hex'),
    context: [...context],
    stored: stored === undefined ? undefined : { image: Buffer.from(stored.image).toString('hex'), sizeBytes: stored.sizeBytes },
  }
}

describe('an encoded version', () => {
  test('says again what was encoded, also from the middle of a longer buffer', () => {
    fc.assert(
      fc.property(versions, (version) => {
        const framed = Buffer.concat([Buffer.alloc(3), version.bytes, Buffer.alloc(2)]).subarray(3, 3 + version.bytes.length)
        expect(plain(decodeVersion(framed))).toEqual(plain(version))
        expect(Buffer.from(storedOf(version.bytes)?.image ?? '')).toEqual(Buffer.from(version.stored?.image ?? ''))
      }),
    )
  })

  test('takes a context of 300 incarnations, a key of 3,076 bytes and an image of 400 KB', () => {
    const context = new Map(Array.from({ length: 300 }, (_, index) => [(index + 1).toString(16).padStart(16, '0'), index + 1] as const))
    const version = encodeVersion({
      dot: { incarnation: 'ffffffffffffffff', n: 2 ** 48 - 2 },
      timestamp: 2n ** 64n - 1n,
      region: 'x'.repeat(255),
      base: { dot: { incarnation: '0000000000000001', n: 1 }, timestamp: 0n },
      context,
      epoch: 2 ** 32 - 1,
      committedAtMs: 2 ** 48 - 1,
      itemKey: Buffer.alloc(3076, 0xff),
      stored: new StoredItem(Buffer.alloc(400 * 1024, 0x7b), 400 * 1024),
    })
    expect(plain(decodeVersion(version.bytes))).toEqual(plain(version))
    expect(decodeVersion(version.bytes).context.size).toBe(300)
  })

  test('of another layout is refused', () => {
    const bytes = Buffer.alloc(60)
    bytes[0] = 9
    expect(() => decodeVersion(bytes)).toThrow('version layout 9')
    expect(() => storedOf(bytes)).toThrow('version layout 9')
  })
})

describe('the order of versions', () => {
  test('REP-5: is total: antisymmetric, transitive, and zero for the same dot only', () => {
    const near: fc.Arbitrary<Version> = fc
      .record({ n: fc.integer({ min: 1, max: 3 }), i: fc.nat({ max: 2 }), r: fc.nat({ max: 2 }), t: fc.nat({ max: 2 }) })
      .map(({ n, i, r, t }) =>
        encodeVersion({
          dot: { incarnation: `000000000000000${i}`, n },
          timestamp: BigInt(t),
          region: 'abc'.charAt(r),
          base: undefined,
          context: new Map(),
          epoch: 0,
          committedAtMs: 0,
          itemKey: new Uint8Array(0),
          stored: undefined,
        }),
      )
    fc.assert(
      fc.property(near, near, near, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a))).toBe(0)
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) expect(compareVersions(a, c)).toBeLessThanOrEqual(0)
        const alike = a.timestamp === b.timestamp && a.region === b.region && a.dot.incarnation === b.dot.incarnation && a.dot.n === b.dot.n
        expect(compareVersions(a, b) === 0).toBe(alike)
      }),
      { numRuns: 2000 },
    )
  })

  test('REP-5: is timestamp first, then Region name, then incarnation, then number', () => {
    const of = (timestamp: bigint, region: string, incarnation: string, n: number): Version =>
      encodeVersion({
        dot: { incarnation: incarnation.repeat(16), n },
        timestamp,
        region,
        base: undefined,
        context: new Map(),
        epoch: 0,
        committedAtMs: 0,
        itemKey: new Uint8Array(0),
        stored: undefined,
      })
    const rising = [of(1n, 'z', 'f', 9), of(2n, 'a', 'f', 9), of(2n, 'b', '1', 9), of(2n, 'b', '2', 1), of(2n, 'b', '2', 10)]
    expect([...rising].reverse().sort(compareVersions)).toEqual(rising)
  })
})

describe('a cell', () => {
  test('says again which siblings it holds, which of them is shown, and which of them the ledger has', () => {
    fc.assert(
      fc.property(fc.array(versions, { maxLength: 6 }), fc.nat(), (siblings, mask) => {
        const recorded = new Set(siblings.length < 2 ? [] : siblings.filter((_, index) => ((mask >> index) & 1) === 1))
        const chosen = siblings[siblings.length < 2 ? 0 : mask % siblings.length]
        const bytes = encodeCell({ siblings, recorded, shown: chosen && shownAs(chosen) })
        const cell = decodeCell(bytes)
        expect(cell.siblings.map(plain)).toEqual(siblings.map(plain))
        expect(cell.siblings.map((version) => cell.recorded.has(version))).toEqual(siblings.map((version) => recorded.has(version)))
        if (bytes === undefined) expect(siblings).toEqual([])
        else expect(Buffer.from(shownIn(bytes)?.image ?? '')).toEqual(Buffer.from(chosen?.stored?.image ?? ''))
      }),
    )
  })
})

describe('a replica row', () => {
  test('says again what was encoded', () => {
    const rows = fc
      .record({
        epoch: fc.nat({ max: 2 ** 32 - 1 }),
        keepsLog: fc.boolean(),
        fenced: fc.boolean(),
        leaving: fc.boolean(),
        itemCount: fc.nat({ max: 2 ** 48 - 1 }),
        sizeBytes: fc.nat({ max: 2 ** 48 - 1 }),
        own: fc.option(incarnations, { nil: undefined }),
        cursors: fc.array(fc.tuple(incarnations, numbers), { maxLength: 300 }).map((entries) => new Map(entries)),
        mask: fc.nat(),
      })
      .map(({ mask, ...row }) => ({
        ...row,
        ours: new Set([...row.cursors.keys()].filter((_, index) => ((mask >> (index % 30)) & 1) === 1)),
      }))
    fc.assert(
      fc.property(rows, (row) => {
        const bytes = encodeReplicaRow(row)
        expect(decodeReplicaRow(bytes)).toEqual(row)
        expect(isFenced(bytes)).toBe(row.fenced)
      }),
    )
  })
})

describe('row keys', () => {
  test('name the dot, and stand in the order of numbers within an incarnation', () => {
    fc.assert(
      fc.property(dots, numbers, (dot, n) => {
        expect(dotOfRow(logKey(7, dot))).toEqual(dot)
        expect(dotOfRow(tombstoneKey(7, dot))).toEqual(dot)
        const other = { ...dot, n }
        expect(Math.sign(Buffer.compare(logKey(7, dot), logKey(7, other)))).toBe(Math.sign(dot.n - n))
        const range = dotRange(7, spaces.log, dot.incarnation, dot.n, undefined)
        expect(Buffer.compare(range.from, logKey(7, dot))).toBe(0)
        expect(Buffer.compare(logKey(7, dot), range.to)).toBe(-1)
      }),
    )
  })

  test('of a withdrawal follow those of their entry, before those of the next', () => {
    const id = 'ab'.repeat(16)
    const [entry, withdrawal, next] = [ledgerKey(1, 5n, id), withdrawalKey(1, 5n, id), ledgerKey(1, 5n, `${id.slice(0, 31)}c`)]
    expect(Buffer.compare(entry, withdrawal)).toBe(-1)
    expect(Buffer.compare(withdrawal, next)).toBe(-1)
    expect([isWithdrawal(entry), isWithdrawal(withdrawal)]).toEqual([false, true])
  })
})
