/** What every journal must hold to [STR-1, STR-3 to STR-6], whoever keeps it. */
import { describe, expect, test } from 'vitest'
import type { Random } from '../base/random.ts'
import { chance, integerBelow, pick, seededRandom } from '../base/random.ts'
import { StoredItem } from '../engine/stored-item.ts'
import { StoreClosed } from '../storage/store.ts'
import type { Entry, Journal, Place, Placed } from './journal.ts'

/** Three Regions of one journal, in virtual time. The third may be a witness, and then has no journal. */
export interface JournalLab {
  readonly regions: readonly string[]
  /** Those that have clients. */
  readonly replicas: readonly string[]
  journal(region: string): Journal
  cut(a: string, b: string): void
  heal(a: string, b: string): void
  /** Without what was not flushed. */
  crash(region: string): Promise<void>
  recover(region: string): Promise<void>
  /** The process dies and starts again on what was flushed. */
  restart(): Promise<void>
  advance(ms: number): Promise<void>
  /** Waits while time passes. */
  resolve<T>(promise: Promise<T>): Promise<T>
  /** Up to where this Region has applied, as it remembers it durably. */
  setApplied(region: string, position: number): void
}

let entries = 0

export function entryOf(region: string, text: string): Entry {
  entries++
  return {
    id: entries.toString(16).padStart(16, '0'),
    region,
    seen: 0,
    timestamp: BigInt(entries),
    committedAtMs: 1000 + entries,
    itemKey: Buffer.from('key'),
    stored: new StoredItem(Buffer.from(text), text.length),
  }
}

export function textOf({ stored }: Entry): string {
  return Buffer.from(stored?.image ?? []).toString()
}

export async function allOf(journal: Journal): Promise<readonly Placed[]> {
  const all: Placed[] = []
  for (let page = await journal.read(0); page.length > 0; page = await journal.read(all.length)) all.push(...page)
  return all
}

async function textsIn(lab: JournalLab, region: string): Promise<string[]> {
  return (await allOf(lab.journal(region))).flatMap(({ entry }) => (entry === undefined ? [] : [textOf(entry)]))
}

function positionOf(place: Place | { readonly kind: 'unknown' }): number {
  if (place.kind !== 'at') throw new Error(`not placed: ${place.kind}`)
  return place.position
}

type Outcome = 'committed' | 'refused' | 'unknown'

async function append(lab: JournalLab, region: string, text: string): Promise<Outcome> {
  try {
    const place = await lab.journal(region).append(entryOf(region, text))
    return place.kind === 'at' ? 'committed' : place.kind === 'no-quorum' ? 'refused' : 'unknown'
  } catch (error) {
    if (!(error instanceof StoreClosed)) throw error
    return 'unknown'
  }
}

export function journalContract(open: (options: { readonly seed: number; readonly witness: boolean }) => Promise<JournalLab>): void {
  describe.each([
    ['three replicas', false],
    ['two replicas and a witness', true],
  ])('with %s', (_name, witness) => {
    const opened = (seed = 1): Promise<JournalLab> => open({ seed, witness })

    test('[STR-1] what is appended in one Region is read in all, in one order, under the position that was told', async () => {
      const lab = await opened()
      const [a = '', b = ''] = lab.replicas
      const first = positionOf(await lab.resolve(lab.journal(a).append(entryOf(a, 'one'))))
      const second = positionOf(await lab.resolve(lab.journal(b).append(entryOf(b, 'two'))))
      expect(second).toBeGreaterThan(first)
      await lab.advance(2000)
      for (const region of lab.replicas) {
        const read = await allOf(lab.journal(region))
        expect(read.flatMap(({ entry }) => (entry === undefined ? [] : [textOf(entry)]))).toEqual(['one', 'two'])
        expect(read.find(({ entry }) => entry !== undefined && textOf(entry) === 'two')?.position).toBe(second)
        expect(read.map(({ position }) => position)).toEqual(read.map((_placed, at) => at + 1))
      }
    })

    test('[STR-1] many at once from all Regions are all there, once, in the same order everywhere', async () => {
      const lab = await opened()
      const texts = lab.replicas.flatMap((region) => Array.from({ length: 50 }, (_, n) => ({ region, text: `${region} ${n}` })))
      const outcomes = await lab.resolve(Promise.all(texts.map(({ region, text }) => append(lab, region, text))))
      expect(new Set(outcomes)).toEqual(new Set(['committed']))
      await lab.advance(2000)
      const [first, ...others] = await Promise.all(lab.replicas.map((region) => textsIn(lab, region)))
      expect([...(first ?? [])].sort()).toEqual(texts.map(({ text }) => text).sort())
      for (const other of others) expect(other).toEqual(first)
    })

    test('[STR-4] a barrier is at or behind everything that was acknowledged anywhere before', async () => {
      const lab = await opened()
      const [a = '', b = ''] = lab.replicas
      for (let n = 0; n < 5; n++) {
        const position = positionOf(await lab.resolve(lab.journal(a).append(entryOf(a, String(n)))))
        expect(positionOf(await lab.resolve(lab.journal(b).barrier()))).toBeGreaterThanOrEqual(position)
      }
    })

    test('[STR-6] a Region that is cut off from both others gets no place and no barrier; what it was refused never comes', async () => {
      const lab = await opened()
      const [a = '', b = ''] = lab.replicas
      await lab.resolve(append(lab, a, 'before'))
      for (const other of lab.regions) if (other !== a) lab.cut(a, other)
      expect(await lab.resolve(append(lab, a, 'refused'))).toBe('refused')
      expect(await lab.resolve(lab.journal(a).barrier())).toEqual({ kind: 'no-quorum' })
      expect(await lab.resolve(append(lab, b, 'meanwhile'))).toBe('committed')
      for (const other of lab.regions) if (other !== a) lab.heal(a, other)
      await lab.advance(5000)
      expect(await textsIn(lab, a)).toEqual(['before', 'meanwhile'])
      expect(await lab.resolve(append(lab, a, 'after'))).toBe('committed')
    })

    test('[STR-4] F18: where two Regions are cut off from each other and both reach the third, each has what the other appended', async () => {
      const lab = await opened()
      const [a = '', b = ''] = lab.replicas
      await lab.resolve(append(lab, a, 'before'))
      lab.cut(a, b)
      for (let n = 0; n < 5; n++) {
        const position = positionOf(await lab.resolve(lab.journal(a).append(entryOf(a, `a${n}`))))
        expect(positionOf(await lab.resolve(lab.journal(b).barrier()))).toBeGreaterThanOrEqual(position)
        expect(await textsIn(lab, b)).toContain(`a${n}`)
        expect(await lab.resolve(append(lab, b, `b${n}`))).toBe('committed')
      }
    })

    test('[STR-5] F17: a place that was given out and lost with its Region holds nobody up', async () => {
      const lab = await opened()
      const [a = '', b = ''] = lab.replicas
      await lab.resolve(append(lab, a, 'before'))
      const lost = append(lab, a, 'lost')
      for (const other of lab.regions) if (other !== a) lab.cut(a, other)
      await lab.crash(a)
      expect(await lost).toBe('unknown')
      expect(await lab.resolve(append(lab, b, 'after'))).toBe('committed')
      await lab.recover(a)
      for (const other of lab.regions) if (other !== a) lab.heal(a, other)
      await lab.advance(10_000)
      expect(await textsIn(lab, a)).toEqual(await textsIn(lab, b))
      expect(await textsIn(lab, b)).toContain('after')
    })

    test('[STR-3] nothing that was acknowledged is lost when the process dies, and it goes on without any one member', async () => {
      for (const [at, away] of [0, 1, 2].entries()) {
        const lab = await opened(at + 1)
        const [a = ''] = lab.replicas
        for (let n = 0; n < 10; n++) await lab.resolve(append(lab, a, String(n)))
        await lab.restart()
        const absent = lab.regions[away] ?? ''
        await lab.crash(absent)
        const served = lab.replicas.find((region) => region !== absent) ?? ''
        const barrier = positionOf(await lab.resolve(lab.journal(served).barrier()))
        expect(barrier).toBeGreaterThan(10)
        expect(await textsIn(lab, served)).toEqual(Array.from({ length: 10 }, (_, n) => String(n)))
      }
    })

    test('[STR-1] what every Region has applied is let go of, and who asks for it gets nothing', async () => {
      const lab = await opened()
      const [a = '', b = ''] = lab.replicas
      for (let round = 0; round < 3; round++) {
        await lab.resolve(Promise.all(Array.from({ length: 400 }, (_, n) => append(lab, a, `${round} ${n}`))))
        await lab.advance(3000)
        const position = positionOf(await lab.resolve(lab.journal(b).barrier()))
        for (const region of lab.replicas) lab.setApplied(region, position)
      }
      await lab.resolve(append(lab, a, 'tells it'))
      await lab.advance(3000)
      await lab.resolve(append(lab, b, 'tells it'))
      await lab.advance(3000)
      expect(await lab.journal(a).read(0)).toEqual([])
      await lab.restart()
      expect(await lab.resolve(append(lab, b, 'last'))).toBe('committed')
      const position = positionOf(await lab.resolve(lab.journal(a).barrier()))
      const read = await lab.journal(a).read(position - 1)
      expect(read.flatMap(({ entry }) => (entry === undefined ? [] : [textOf(entry)]))).toEqual(['last'])
    })

    test('[STR] under partitions, crashes and deaths of the process, acknowledged entries stay, refused ones never come, and all Regions read the same', async () => {
      for (let seed = 1; seed <= storms; seed++) await storm(await opened(seed), seededRandom(seed), `seed ${seed}`)
    }, 120_000)
  })
}

const storms = 25

async function storm(lab: JournalLab, random: Random, named: string): Promise<void> {
  const told: { readonly text: string; outcome: Outcome | undefined; position: number | undefined }[] = []
  const working: Promise<void>[] = []
  let acknowledged = 0
  let barriers = 0
  for (let step = 0; step < 120; step++) {
    await lab.advance(integerBelow(random, 120))
    const region = pick(random, lab.replicas)
    const [a, b] = [pick(random, lab.regions), pick(random, lab.regions)]
    if (chance(random, 0.08) && a !== b) lab.cut(a, b)
    else if (chance(random, 0.12)) lab.heal(a, b)
    else if (chance(random, 0.03)) {
      await lab.crash(a)
      if (chance(random, 0.5)) await lab.recover(a)
    } else if (chance(random, 0.06)) await lab.recover(a)
    else if (chance(random, 0.015)) await lab.restart()
    else if (chance(random, 0.3)) {
      const before = acknowledged
      working.push(
        barrierOf(lab, region).then((position) => {
          if (position === undefined) return
          barriers++
          expect(position, named).toBeGreaterThanOrEqual(before)
        }),
      )
    } else {
      const entry = entryOf(region, `${step}`)
      const record: (typeof told)[number] = { text: `${step}`, outcome: undefined, position: undefined }
      told.push(record)
      working.push(
        placeOf(lab, region, entry).then((outcome) => {
          record.outcome = typeof outcome === 'number' ? 'committed' : outcome
          if (typeof outcome !== 'number') return
          record.position = outcome
          acknowledged = Math.max(acknowledged, outcome)
        }),
      )
    }
  }
  for (const region of lab.regions) {
    await lab.recover(region)
    for (const other of lab.regions) if (other !== region) lab.heal(region, other)
  }
  await lab.resolve(Promise.all(working))
  await lab.advance(20_000)
  for (const region of lab.replicas) positionOf(await lab.resolve(lab.journal(region).barrier()))
  await lab.advance(10_000)
  const [first = [], ...others] = await Promise.all(lab.replicas.map((region) => allOf(lab.journal(region))))
  for (const other of others) expect(other, named).toEqual(first)
  const texts = first.map(({ entry }) => (entry === undefined ? '' : textOf(entry)))
  const distinct = texts.filter((text) => text !== '')
  expect(new Set(distinct).size, named).toBe(distinct.length)
  for (const { text, outcome, position } of told) {
    if (outcome === 'committed') expect(texts[(position ?? 0) - 1], named).toBe(text)
    if (outcome === 'refused') expect(texts, named).not.toContain(text)
  }
  expect(barriers, named).toBeGreaterThan(0)
}

async function barrierOf(lab: JournalLab, region: string): Promise<number | undefined> {
  try {
    const place = await lab.journal(region).barrier()
    return place.kind === 'at' ? place.position : undefined
  } catch (error) {
    if (!(error instanceof StoreClosed)) throw error
    return undefined
  }
}

async function placeOf(lab: JournalLab, region: string, entry: Entry): Promise<number | 'refused' | 'unknown'> {
  try {
    const place = await lab.journal(region).append(entry)
    return place.kind === 'at' ? place.position : place.kind === 'no-quorum' ? 'refused' : 'unknown'
  } catch (error) {
    if (!(error instanceof StoreClosed)) throw error
    return 'unknown'
  }
}
