/**
 * What every store must do, as a suite: call it with a way to open one.
 * The laws on random histories are in `store-model.contract.ts`.
 */
import { afterEach, describe, expect, test } from 'vitest'
import type { Decision, Entry, Key, Page, Range, Store, StoreStats, Value } from './store.ts'
import { KEY_BYTES_MAX, StoreClosed, afterPrefix } from './store.ts'

export interface Subject {
  readonly store: Store & { stats(): StoreStats }
  /** Loses what a crash may lose and opens the same data again. */
  crash(): Promise<Subject>
  /** Closes, and removes what was stored. */
  dispose(): Promise<void>
}

const everything: Range = { from: new Uint8Array(), to: Uint8Array.of(0xff, 0xff, 0xff, 0xff) }
const noLimit = { entriesMax: Infinity, bytesMax: Infinity }

export function storeContract(name: string, openSubject: () => Promise<Subject>): void {
  const opened: Subject[] = []
  const open = async (): Promise<Subject> => {
    const subject = await openSubject()
    opened.push(subject)
    return subject
  }
  const openStore = async (): Promise<Subject['store']> => (await open()).store

  afterEach(async () => {
    for (const subject of opened.splice(0)) await subject.dispose()
  })

  describe(`${name}: transactions`, () => {
    test('what is acknowledged is read, by key, by keys and by page', async () => {
      const store = await openStore()
      expect(await store.transact([], () => ({ writes: [put('a', '1'), put('b', '2')], result: 'done' }))).toBe('done')
      expect(text(await store.get(bytes('a')))).toBe('1')
      expect(await store.get(bytes('c'))).toBeUndefined()
      expect((await store.getMany([bytes('b'), bytes('c'), bytes('a'), bytes('b')])).map(text)).toEqual(['2', undefined, '1', '2'])
      expect(texts(await store.page(everything, noLimit))).toEqual(['a=1', 'b=2'])
    })

    test('each is decided on what all earlier calls wrote, in the order of the calls, and answered in that order', async () => {
      const store = await openStore()
      const answered: number[] = []
      const calls = Array.from({ length: 50 }, (_, call) =>
        store
          .transact([bytes('calls')], ([before]) => ({ writes: [put('calls', `${text(before) ?? ''}${call},`)], result: call }))
          .then((answer) => answered.push(answer)),
      )
      await Promise.all(calls)
      const order = Array.from({ length: 50 }, (_, call) => call)
      expect(answered).toEqual(order)
      expect(text(await store.get(bytes('calls')))).toBe(order.map((call) => `${call},`).join(''))
    })

    test('concurrent increments lose nothing', async () => {
      const store = await openStore()
      const increment = (): Promise<number> =>
        store.transact([bytes('n')], ([value]) => {
          const next = Number(text(value) ?? 0) + 1
          return { writes: [put('n', String(next))], result: next }
        })
      const results = await Promise.all(
        Array.from({ length: 40 }, async () => {
          const mine: number[] = []
          for (let round = 0; round < 25; round++) mine.push(await increment())
          return mine
        }),
      )
      expect(new Set(results.flat()).size).toBe(1000)
      expect(text(await store.get(bytes('n')))).toBe('1000')
    })

    test('many that arrive together share few flushes', async () => {
      const store = await openStore()
      const before = store.stats()
      await Promise.all(Array.from({ length: 400 }, (_, call) => store.transact([], () => writing(put(`k${call}`, 'v')))))
      const after = store.stats()
      expect(after.commits - before.commits).toBe(400)
      expect(after.flushes - before.flushes).toBeLessThanOrEqual(4)
    })

    test('a reader sees all writes of a transaction or none', async () => {
      const store = await openStore()
      await store.transact([], () => writing(put('left', '1000'), put('right', '1000')))
      let moving = true
      const movers = Promise.all(
        Array.from({ length: 8 }, async (_, mover) => {
          for (let round = 0; round < 40; round++) {
            await store.transact([bytes('left'), bytes('right')], ([left, right]) => {
              const amount = mover + round
              return writing(put('left', String(Number(text(left)) - amount)), put('right', String(Number(text(right)) + amount)))
            })
          }
        }),
      ).finally(() => (moving = false))
      let looks = 0
      while (moving) {
        const [left, right] = (await store.getMany([bytes('left'), bytes('right')])).map((value) => Number(text(value)))
        expect((left ?? 0) + (right ?? 0)).toBe(2000)
        const page = await store.page(everything, noLimit)
        expect(page.entries.reduce((sum, { value }) => sum + Number(text(value)), 0)).toBe(2000)
        looks++
        await turn()
      }
      await movers
      expect(looks).toBeGreaterThan(0)
    })

    test('one that throws writes nothing, rejects its own promise only, and the next sees nothing of it', async () => {
      const store = await openStore()
      const first = store.transact([], () => writing(put('a', '1')))
      const second = store.transact([bytes('a')], ([a]): Decision<void> => {
        throw new Error(`refused, a=${text(a)}`)
      })
      const third = store.transact([bytes('a')], ([a]) => writing(put('a', `${text(a)}3`)))
      await expect(second).rejects.toThrow('refused, a=1')
      await Promise.all([first, third])
      expect(texts(await store.page(everything, noLimit))).toEqual(['a=13'])
    })

    test('a key that cannot be stored refuses its whole transaction and nothing else', async () => {
      const store = await openStore()
      const tooLong = new Uint8Array(KEY_BYTES_MAX + 1)
      const good = store.transact([], () => writing(put('good', '1')))
      await expect(store.transact([], () => writing(put('half', '1'), { key: tooLong, value: bytes('2') }))).rejects.toThrow('key of 4026')
      await expect(store.transact([], () => writing(put('half', '1'), put('', '2')))).rejects.toThrow('key of 0 bytes')
      await expect(store.transact([tooLong], () => writing())).rejects.toThrow('key of 4026 bytes')
      await expect(store.get(new Uint8Array())).rejects.toThrow('key of 0 bytes')
      await expect(store.getMany([tooLong])).rejects.toThrow('key of 4026 bytes')
      await good
      expect(texts(await store.page(everything, noLimit))).toEqual(['good=1'])
    })

    test('writes apply in order: a later one to the same key wins, and removing what is not there is no error', async () => {
      const store = await openStore()
      await store.transact([], () =>
        writing(put('a', '1'), put('a', '2'), put('b', '1'), remove('b'), remove('c'), remove('d'), put('d', '4')),
      )
      expect(texts(await store.page(everything, noLimit))).toEqual(['a=2', 'd=4'])
      await store.transact([], () => writing(remove('a'), remove('d')))
      expect(await store.page(everything, noLimit)).toEqual({ entries: [], more: false })
    })

    test('one that only reads is answered with what it decided', async () => {
      const store = await openStore()
      await store.transact([], () => writing(put('a', '1')))
      expect(await store.transact([bytes('a'), bytes('b')], (values) => ({ writes: [], result: values.map(text) }))).toEqual([
        '1',
        undefined,
      ])
    })
  })

  describe(`${name}: a log built on it`, () => {
    test('has no gaps, in the order of the commits, and no reader sees a record before the ones below it', async () => {
      const store = await openStore()
      let appending = true
      const appenders = Promise.all(
        Array.from({ length: 200 }, async (_, writer) => {
          const mine: number[] = []
          for (let round = 0; round < 5; round++) mine.push(await append(store, `${writer}/${round}`))
          return mine
        }),
      ).finally(() => (appending = false))
      let seen = 0
      let looks = 0
      while (appending) {
        const head = Number(text(await store.get(bytes('head'))) ?? 0)
        const sequences = await readLog(store)
        expect(sequences).toEqual(Array.from(sequences, (_, index) => index + 1))
        expect(sequences.length).toBeGreaterThanOrEqual(Math.max(seen, head))
        seen = sequences.length
        looks++
        await turn()
      }
      const acknowledged = (await appenders).flat()
      expect(looks).toBeGreaterThan(0)
      expect(acknowledged.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1))
      expect((await readLog(store)).length).toBe(1000)
    })

    test('keeps, through crashes at any moment, what was acknowledged and what a reader saw', async () => {
      let subject = await open()
      let acknowledged = 0
      for (let round = 0; round < 8; round++) {
        const { store } = subject
        let readable = acknowledged
        const appenders = Array.from({ length: 30 }, async (_, writer) => {
          for (;;) {
            const sequence = await append(store, `${round}/${writer}`)
            acknowledged = Math.max(acknowledged, sequence)
          }
        })
        const ended = Promise.allSettled(appenders)
        while (acknowledged < (round + 1) * 60) {
          readable = Math.max(readable, (await readLog(store)).length)
          await turn()
        }
        for (let turns = 0; turns < round % 3; turns++) await turn()
        readable = Math.max(readable, (await readLog(store)).length)
        subject = await subject.crash()
        opened.push(subject)
        for (const appender of await ended) expect(appender).toMatchObject({ status: 'rejected', reason: { code: 'STORE_CLOSED' } })
        const survived = await readLog(subject.store)
        expect(survived).toEqual(Array.from(survived, (_, index) => index + 1))
        expect(survived.length).toBeGreaterThanOrEqual(Math.max(acknowledged, readable))
        expect(Number(text(await subject.store.get(bytes('head'))))).toBe(survived.length)
        acknowledged = survived.length
      }
    })
  })

  describe(`${name}: keys, values and pages`, () => {
    test('keys of full size, their neighbours, empty values and values beyond 400 KB come back as they were', async () => {
      const store = await openStore()
      const full = new Uint8Array(KEY_BYTES_MAX).fill(0xab)
      const neighbour = Uint8Array.from(full)
      neighbour[KEY_BYTES_MAX - 1] = 0xac
      const values = [0, 1, 400, 32_767, 32_768, 32_769, 65_537, 410_000, 3_000_000].map((size) => pattern(size))
      await store.transact([], () => writing({ key: full, value: bytes('full') }, { key: neighbour, value: bytes('neighbour') }))
      await Promise.all(values.map((value, index) => store.transact([], () => writing({ key: Uint8Array.of(1, index), value }))))
      expect((await store.getMany([full, neighbour])).map(text)).toEqual(['full', 'neighbour'])
      expect(text(await store.transact([full], ([value]) => ({ writes: [], result: value })))).toBe('full')
      const page = await store.page({ from: Uint8Array.of(1), to: Uint8Array.of(2) }, noLimit)
      const copies = await store.getMany(values.map((_, index) => Uint8Array.of(1, index)))
      const decided = await store.transact(
        values.map((_, index) => Uint8Array.of(1, index)),
        (result) => ({ writes: [], result }),
      )
      for (const [index, value] of values.entries()) {
        expect(sameBytes(page.entries[index]?.value, value)).toBe(true)
        expect(sameBytes(copies[index], value)).toBe(true)
        expect(sameBytes(decided[index], value)).toBe(true)
      }
      const forward = await store.page({ from: full, to: Uint8Array.of(0xff) }, noLimit)
      expect(texts(forward).map((entry) => entry.slice(-9))).toEqual([expect.stringMatching(/=full$/), 'neighbour'])
      const behind = { from: successor(full), to: Uint8Array.of(0xff) }
      expect((await store.page(behind, noLimit)).entries.map(({ value }) => text(value))).toEqual(['neighbour'])
      expect((await store.page({ ...behind, reverse: true }, noLimit)).entries.map(({ value }) => text(value))).toEqual(['neighbour'])
      const upTo = { from: Uint8Array.of(0xab), to: successor(full) }
      expect((await store.page(upTo, noLimit)).entries.map(({ value }) => text(value))).toEqual(['full'])
      expect((await store.page({ ...upTo, reverse: true }, noLimit)).entries.map(({ value }) => text(value))).toEqual(['full'])
    })

    test('what was returned stays what it is while other reads and writes go on', async () => {
      const store = await openStore()
      const kept: { copy: string; value: Value }[] = []
      for (let round = 0; round < 20; round++) {
        const value = pattern(round * 3001, round)
        await store.transact([], () => writing({ key: bytes('k'), value }, { key: bytes(`k${round}`), value }))
        const page = await store.page(everything, noLimit)
        const read = [await store.get(bytes('k')), ...(await store.getMany([bytes('k')])), ...page.entries.map((entry) => entry.value)]
        const seenByDecide = await store.transact([bytes('k')], ([result]) => ({ writes: [], result }))
        for (const found of [...read, seenByDecide]) if (found !== undefined) kept.push({ copy: hex(found), value: found })
      }
      for (const { copy, value } of kept) expect(hex(value) === copy).toBe(true)
    })

    test('keys are ordered as unsigned bytes, a prefix before what it begins', async () => {
      const store = await openStore()
      const keys = [
        [0],
        [0, 0],
        [0, 0xff],
        [1],
        [0x7f],
        [0x80],
        [0x80, 0],
        [0xfe, 0xff],
        [0xff],
        [0xff, 0],
        [0xff, 0xff],
        [0xff, 0xff, 0],
      ].map((key) => Uint8Array.from(key))
      await store.transact([], () => writing(...keys.toReversed().map((key) => ({ key, value: bytes('') }))))
      const order = keys.map(hex)
      expect((await store.page(everything, noLimit)).entries.map(({ key }) => hex(key))).toEqual(order)
      expect((await store.page({ ...everything, reverse: true }, noLimit)).entries.map(({ key }) => hex(key))).toEqual(order.toReversed())
    })

    test('a range has its lower bound and not its upper one, in both directions, whether or not they are stored', async () => {
      const store = await openStore()
      await store.transact([], () => writing(put('b', ''), put('d', ''), put('f', '')))
      const keysIn = async (from: string, to: string): Promise<string> => {
        const range = { from: bytes(from), to: bytes(to) }
        const forward = (await store.page(range, noLimit)).entries.map(({ key }) => text(key))
        const backward = (await store.page({ ...range, reverse: true }, noLimit)).entries.map(({ key }) => text(key))
        expect(backward).toEqual(forward.toReversed())
        return forward.join('')
      }
      expect(await keysIn('b', 'f')).toBe('bd')
      expect(await keysIn('a', 'g')).toBe('bdf')
      expect(await keysIn('c', 'e')).toBe('d')
      expect(await keysIn('d', 'd')).toBe('')
      expect(await keysIn('e', 'c')).toBe('')
      expect(await keysIn('f', 'b')).toBe('')
      expect(await keysIn('', 'd')).toBe('b')
      expect(await keysIn('', '')).toBe('')
      expect(await keysIn('a', 'b')).toBe('')
      expect(await keysIn('g', 'h')).toBe('')
    })

    test('a page ends with the entry that reaches a limit, and says that it was a limit', async () => {
      const store = await openStore()
      await store.transact([], () => writing(...['a', 'b', 'c', 'd', 'e'].map((key) => put(key, '123456789'))))
      for (const reverse of [false, true]) {
        const page = async (entriesMax: number, bytesMax: number): Promise<string> => {
          const found = await store.page({ ...everything, reverse }, { entriesMax, bytesMax })
          return found.entries.map(({ key }) => text(key)).join('') + (found.more ? '+' : '')
        }
        const [all, two, one] = reverse ? ['edcba', 'ed', 'e'] : ['abcde', 'ab', 'a']
        expect(await page(2, Infinity)).toBe(`${two}+`)
        expect(await page(6, Infinity)).toBe(all)
        expect(await page(5, Infinity)).toBe(`${all}+`)
        expect(await page(Infinity, 20)).toBe(`${two}+`)
        expect(await page(Infinity, 11)).toBe(`${two}+`)
        expect(await page(Infinity, 10)).toBe(`${one}+`)
        expect(await page(Infinity, 0)).toBe(`${one}+`)
        expect(await page(Infinity, 51)).toBe(all)
      }
    })

    test('a prefix and the end of its range enclose exactly the keys that begin with it', async () => {
      const store = await openStore()
      const prefix = Uint8Array.of(7, 0xff)
      const inside = [
        [7, 0xff],
        [7, 0xff, 0],
        [7, 0xff, 0xff],
        [7, 0xff, 0xff, 0xff],
      ].map((key) => Uint8Array.from(key))
      const outside = [[7], [7, 0xfe, 0xff], [8], [8, 0], [0xff, 0xff]].map((key) => Uint8Array.from(key))
      await store.transact([], () => writing(...[...inside, ...outside].map((key) => ({ key, value: bytes('') }))))
      const page = await store.page({ from: prefix, to: afterPrefix(prefix) }, noLimit)
      expect(page.entries.map(({ key }) => hex(key))).toEqual(inside.map(hex))
      expect(() => afterPrefix(Uint8Array.of(0xff, 0xff))).toThrow(RangeError)
    })
  })

  describe(`${name}: snapshots`, () => {
    test('stay as they are while writes go on and the data grow', async () => {
      const store = await openStore()
      const snapshots = []
      const states: string[][] = []
      for (let round = 0; round < 12; round++) {
        await Promise.all(
          Array.from({ length: 20 }, (_, writer) =>
            store.transact([], () =>
              writing(put(`k${(writer * 7 + round) % 30}`, `${round}`), { key: bytes(`big${round}/${writer}`), value: pattern(20_000) }),
            ),
          ),
        )
        if (round % 3 === 2) await store.transact([], () => writing(remove(`k${round}`), remove(`big${round}/1`)))
        snapshots.push(await store.snapshot())
        states.push(summary((await store.page(everything, noLimit)).entries))
      }
      for (const [index, snapshot] of snapshots.entries()) {
        expect(summary((await snapshot.page(everything, noLimit)).entries)).toEqual(states[index])
        expect(await snapshot.page(everything, { entriesMax: 1, bytesMax: 1 })).toMatchObject({ more: true })
        expect(summary((await snapshot.page({ ...everything, reverse: true }, noLimit)).entries)).toEqual(states[index]?.toReversed())
        expect((await snapshot.get(bytes(`big${index}/0`)))?.length).toBe(20_000)
        expect(await snapshot.get(bytes(`big${index + 1}/0`))).toBeUndefined()
      }
      for (const snapshot of snapshots) snapshot.close()
    })

    test('answer no more once closed, and closing twice is no error', async () => {
      const store = await openStore()
      const [one, other] = [await store.snapshot(), await store.snapshot()]
      one.close()
      one.close()
      await expect(one.get(bytes('a'))).rejects.toBeInstanceOf(StoreClosed)
      await expect(one.page(everything, noLimit)).rejects.toBeInstanceOf(StoreClosed)
      expect(await other.get(bytes('a'))).toBeUndefined()
      await store.close()
      await expect(other.get(bytes('a'))).rejects.toBeInstanceOf(StoreClosed)
      other.close()
    })
  })

  describe(`${name}: the end`, () => {
    test('close waits for what was accepted, and refuses what comes after', async () => {
      const store = await openStore()
      const answered: number[] = []
      const accepted = Array.from({ length: 30 }, (_, call) =>
        store.transact([], () => writing(put(`k${call}`, ''))).then(() => answered.push(call)),
      )
      const closed = store.close()
      const again = store.close()
      const late = store.transact([], () => writing(put('late', '')))
      await expect(late).rejects.toBeInstanceOf(StoreClosed)
      await closed
      expect(answered.length).toBe(30)
      await Promise.all([...accepted, again])
      await expect(store.get(bytes('k1'))).rejects.toBeInstanceOf(StoreClosed)
      await expect(store.getMany([])).rejects.toBeInstanceOf(StoreClosed)
      await expect(store.page(everything, noLimit)).rejects.toBeInstanceOf(StoreClosed)
      await expect(store.snapshot()).rejects.toBeInstanceOf(StoreClosed)
    })

    test('a store that was never used closes', async () => {
      const store = await openStore()
      await store.close()
      await expect(store.get(bytes('a'))).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    })
  })
}

/** Appends a record behind the head of the log and returns its sequence number, from 1. */
function append(store: Store, record: string): Promise<number> {
  return store.transact([bytes('head')], ([head]) => {
    const sequence = Number(text(head) ?? 0) + 1
    return { writes: [put('head', String(sequence)), { key: recordKey(sequence), value: bytes(record) }], result: sequence }
  })
}

async function readLog(store: Store): Promise<number[]> {
  const page = await store.page({ from: bytes('log/'), to: bytes('log0') }, noLimit)
  return page.entries.map(({ key }) => Number(text(key)?.slice(4)))
}

function recordKey(sequence: number): Key {
  return bytes(`log/${String(sequence).padStart(12, '0')}`)
}

function writing(...writes: { key: Key; value: Value | undefined }[]): Decision<void> {
  return { writes, result: undefined }
}

function put(key: string, value: string): { key: Key; value: Value } {
  return { key: bytes(key), value: bytes(value) }
}

function remove(key: string): { key: Key; value: undefined } {
  return { key: bytes(key), value: undefined }
}

function bytes(source: string): Uint8Array {
  return new TextEncoder().encode(source)
}

function text(value: Uint8Array | undefined): string | undefined {
  return value && new TextDecoder().decode(value)
}

function hex(value: Uint8Array): string {
  return Buffer.from(value).toString('hex')
}

function texts(page: Page): string[] {
  return page.entries.map(({ key, value }) => `${text(key)}=${text(value)}`)
}

function summary(entries: readonly Entry[]): string[] {
  return entries.map(({ key, value }) => `${text(key)}=${value.length > 100 ? value.length : text(value)}`)
}

function successor(key: Key): Key {
  return Uint8Array.of(...key, 0)
}

function pattern(size: number, seed = size): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8) + seed) & 0xff)
}

function sameBytes(found: Uint8Array | undefined, expected: Uint8Array): boolean {
  return found !== undefined && Buffer.compare(found, expected) === 0
}

/** Lets timers, the pool and the loop go on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
