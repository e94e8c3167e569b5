import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LogFile } from './log-file.ts'
import type { Write } from './store.ts'
import { StoreDamaged } from './store.ts'
import type { OpenedLog } from './write-log.ts'
import { openWriteLog } from './write-log.ts'

/** A disk of its own: what `write` was told is there when it resolves. A write that is cut off leaves any of its sectors behind. */
class FaultyFile implements LogFile {
  readonly path: string
  bytes: Buffer = Buffer.alloc(0)
  /** Which sectors of the next write reach the disk; then it fails. Undefined: all, and it does not. */
  tear: ((sector: number) => boolean) | undefined

  constructor(path: string) {
    this.path = path
  }

  async read(): Promise<Buffer> {
    return Buffer.from(this.bytes)
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    const sectorBytes = 32
    const { tear } = this
    this.tear = undefined
    const grown = Buffer.concat([this.bytes, Buffer.alloc(Math.max(0, position + bytes.length - this.bytes.length))])
    for (let at = 0; at < bytes.length; at++) {
      if (tear === undefined || tear(Math.floor((position + at) / sectorBytes))) grown.writeUInt8(bytes[at] ?? 0, position + at)
    }
    this.bytes = grown
    if (tear !== undefined) throw new Error('the power is gone')
  }

  async empty(): Promise<void> {
    this.bytes = Buffer.alloc(0)
  }

  async close(): Promise<void> {}
}

const storeId = 42n
const files = (): readonly [FaultyFile, FaultyFile] => [new FaultyFile('log-0'), new FaultyFile('log-1')]
const copyOf = (file: FaultyFile, bytes: Buffer = file.bytes): FaultyFile => Object.assign(new FaultyFile(file.path), { bytes })

/** A batch that can be told from all others. */
function batch(n: number, size = n % 50): Write[] {
  return [
    { key: Buffer.from(`k${n}`), value: Buffer.alloc(size, n) },
    { key: Buffer.from(`gone${n}`), value: undefined },
  ]
}

/** The numbers of the batches that a reopened log has. */
function batchesOf({ unapplied }: OpenedLog): number[] {
  return unapplied.flatMap(({ writes }) => writes.filter(({ value }) => value !== undefined).map(numberOf))
}

function numberOf({ key }: Write): number {
  return Number(Buffer.from(key).toString().slice(1))
}

function upTo(last: number, first = 1): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

test('a new log is empty, and what was appended is found again and goes on', async () => {
  const disk = files()
  for (const first of [1, 4, 7]) {
    const opened = await openWriteLog(disk, { storeId, applied: 0 })
    expect(batchesOf(opened)).toEqual(upTo(first - 1))
    expect(opened.log.sequence).toBe(first - 1)
    for (const n of upTo(first + 2, first)) await opened.log.append(batch(n))
  }
  expect(await openWriteLog(disk, { storeId, applied: 9 })).toMatchObject({ unapplied: [] })
})

test('a log that is cut off anywhere has exactly the batches before, and takes new ones there', async () => {
  const disk = files()
  const { log } = await openWriteLog(disk, { storeId, applied: 0 })
  const ends: number[] = []
  for (const n of upTo(6)) {
    await log.append(batch(n))
    ends.push(log.bytes)
  }
  for (let length = 0; length <= log.bytes; length++) {
    const cut: readonly [FaultyFile, FaultyFile] = [copyOf(disk[0], disk[0].bytes.subarray(0, length)), copyOf(disk[1])]
    const whole = ends.filter((end) => end <= length).length
    const opened = await openWriteLog(cut, { storeId, applied: 0 })
    expect(batchesOf(opened)).toEqual(upTo(whole))
    await opened.log.append(batch(whole + 1, 3))
    expect(batchesOf(await openWriteLog(cut, { storeId, applied: 0 }))).toEqual(upTo(whole + 1))
  }
})

test('a bit that is another is damage where batches follow, and the end of the log in the last one', async () => {
  const disk = files()
  const { log } = await openWriteLog(disk, { storeId, applied: 0 })
  let lastBegins = 0
  for (const n of upTo(4)) {
    lastBegins = log.bytes
    await log.append(batch(n))
  }
  for (let at = 0; at < log.bytes; at++) {
    const spoilt = Buffer.from(disk[0].bytes)
    spoilt.writeUInt8(spoilt.readUInt8(at) ^ 0x10, at)
    const opening = openWriteLog([copyOf(disk[0], spoilt), copyOf(disk[1])], { storeId, applied: 0 })
    if (at >= lastBegins) expect(batchesOf(await opening)).toEqual([1, 2, 3])
    else await expect(opening).rejects.toThrow(/^log-0 is damaged at byte \d+, before write [2-4]$/)
  }
})

test('the files take turns, and a file that begins anew is not mistaken for what it held', async () => {
  const disk = files()
  let { log } = await openWriteLog(disk, { storeId, applied: 0 })
  for (let turn = 1; turn <= 6; turn++) {
    // Shorter ones every time, so that many old ones stand behind the new.
    for (const n of upTo(turn * 5, turn * 5 - 4)) await log.append(batch(n, 80 - turn * 10))
    const applied = Math.max(0, (turn - 1) * 5)
    const opened = await openWriteLog([copyOf(disk[0]), copyOf(disk[1])], { storeId, applied })
    expect(batchesOf(opened)).toEqual(upTo(turn * 5, applied + 1))
    // The turn before is applied with the next turn of the log: both hold something until then.
    if (turn > 1) {
      const both = await openWriteLog([copyOf(disk[0]), copyOf(disk[1])], { storeId, applied: applied - 5 })
      expect(both.unapplied.map(({ sequence }) => sequence)).toEqual([applied, turn * 5])
      log = (await openWriteLog(disk, { storeId, applied: applied - 5 })).log
    }
    log.turn()
  }
})

test('after the turn, a first batch that is torn leaves those of the other file', async () => {
  const disk = files()
  const { log } = await openWriteLog(disk, { storeId, applied: 0 })
  for (const turn of [0, 1, 2]) {
    await log.append(batch(turn * 2 + 1))
    await log.append(batch(turn * 2 + 2))
    log.turn()
  }
  disk[1].tear = (sector) => sector === 0
  await expect(log.append(batch(7, 60))).rejects.toThrow('the power is gone')
  expect(batchesOf(await openWriteLog(disk, { storeId, applied: 4 }))).toEqual([5, 6])
})

test('a log of another store, one that begins too late, and one with a gap are refused', async () => {
  const disk = files()
  const { log } = await openWriteLog(disk, { storeId, applied: 0 })
  for (const n of upTo(3)) await log.append(batch(n))
  log.turn()
  await log.append(batch(4))
  const opening = (storeId: bigint, applied: number, [first, second] = disk): Promise<OpenedLog> =>
    openWriteLog([copyOf(first), copyOf(second)], { storeId, applied })
  await expect(opening(43n, 0)).rejects.toThrow('log-0 belongs to another store than the one beside it')
  await expect(opening(storeId, 0, files())).resolves.toMatchObject({ unapplied: [] })
  await expect(opening(storeId, 0, [new FaultyFile('log-0'), disk[1]])).rejects.toThrow(
    'log-1 begins with write 4, but the store beside it has only those up to 0',
  )
  const cut = copyOf(disk[0], disk[0].bytes.subarray(0, 60))
  await expect(opening(storeId, 0, [cut, disk[1]])).rejects.toBeInstanceOf(StoreDamaged)
  expect(batchesOf(await opening(storeId, 2))).toEqual([3, 4])
})

test('through any history of batches, turns and torn writes, what was acknowledged is there, and of the rest at most the last', async () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('append' as const), size: fc.nat(200) }) },
    { weight: 2, arbitrary: fc.constant({ kind: 'turn' as const }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), size: fc.nat(200), kept: fc.array(fc.boolean()) }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const disk = files()
      let applied = 0
      let frozen = 0
      let n = 0
      let { log } = await openWriteLog(disk, { storeId, applied })
      for (const current of steps) {
        if (current.kind === 'append') await log.append(batch(++n, current.size))
        if (current.kind === 'turn') {
          // What the file to be used next holds has been applied.
          applied = frozen
          frozen = n
          log.turn()
        }
        if (current.kind === 'crash') {
          const { kept } = current
          for (const file of disk) file.tear = (sector) => kept[sector % 16] ?? false
          await expect(log.append(batch(n + 1, current.size))).rejects.toThrow('the power is gone')
          for (const file of disk) file.tear = undefined
          const opened = await openWriteLog(disk, { storeId, applied })
          const found = batchesOf(opened)
          expect(found.slice(0, n - applied)).toEqual(upTo(n, applied + 1))
          expect(found.length - (n - applied)).toBeLessThanOrEqual(1)
          n = applied + found.length
          log = opened.log
          // A log goes on in the file of its last record; only then is the other one free.
          frozen = opened.unapplied.length > 1 ? (opened.unapplied[0]?.sequence ?? 0) : applied
        }
      }
      expect(batchesOf(await openWriteLog(disk, { storeId, applied }))).toEqual(upTo(n, applied + 1))
    }),
    { numRuns: 300 },
  )
})

test('a file grows before it is written to, and never shrinks while it is used', async () => {
  const disk = files()
  const { log } = await openWriteLog(disk, { storeId, applied: 0 })
  const sizes = new Set<number>()
  for (const n of upTo(400)) {
    await log.append(batch(n, 2000))
    sizes.add(disk[0].bytes.length)
  }
  expect([...sizes]).toEqual([64, 128, 256, 512, 1024].map((kilobytes) => kilobytes * 1024))
  await log.empty()
  expect(disk.map(({ bytes }) => bytes.length)).toEqual([0, 0])
  await log.append(batch(401))
  expect(batchesOf(await openWriteLog(disk, { storeId, applied: 400 }))).toEqual([401])
})
