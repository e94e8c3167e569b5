import { assert } from '../base/assert.ts'
import { pagesOf } from '../storage/pages.ts'
import type { Key, Range, Store, Write } from '../storage/store.ts'
import { afterPrefix } from '../storage/store.ts'
import { asBuffer } from './version.ts'

/**
 * What one member of a journal keeps of it, in its Region's store: also a witness, which has nothing else of the table.
 *
 *     02 length(1) journal  00            ->  promised(6)  start: position(6) epoch(6)
 *     02 length(1) journal  01 position(6) ->  epoch(6) entry
 *
 * The log is the positions behind `start` up to `tail`, without gaps; what was before is trimmed. Each entry has the epoch in which it was placed:
 * entries of one position and one epoch are the same entry in every member, and so is everything before them. What is in memory is what was
 * handed to the store; `flushed` says how much of it would survive.
 */
export class JournalLog {
  readonly #store: Store
  readonly #rows: JournalRows
  #promised: number
  #start: Mark
  #tail: number
  #flushed: number
  /** In order: from which position on entries have which epoch. */
  #runs: Mark[]
  readonly #underWay = new Set<{ tail: number }>()
  #trimming: Promise<void> = Promise.resolve()

  private constructor(store: Store, rows: JournalRows, found: { promised: number; start: Mark; tail: number; runs: Mark[] }) {
    this.#store = store
    this.#rows = rows
    this.#promised = found.promised
    this.#start = found.start
    this.#tail = found.tail
    this.#flushed = found.tail
    this.#runs = found.runs
  }

  static async open(store: Store, journal: string): Promise<JournalLog> {
    const rows = journalRows(journal)
    const head = await store.get(rows.head)
    const [promised, position, epoch] = head === undefined ? [0, 0, 0] : numbersOf(head)
    const start: Mark = { position, epoch }
    const runs: Mark[] = [start]
    let tail = position
    for await (const page of pagesOf(store, rows.behind(position), openedPage)) {
      for (const { key, value } of page) {
        tail++
        assert(positionOf(key) === tail, 'a journal has no gaps')
        const entryEpoch = asBuffer(value).readUIntBE(0, 6)
        if (entryEpoch !== runs.at(-1)?.epoch) runs.push({ position: tail, epoch: entryEpoch })
      }
    }
    return new JournalLog(store, rows, { promised, start, tail, runs })
  }

  /** Nothing of an earlier epoch is taken. */
  get promised(): number {
    return this.#promised
  }

  get start(): number {
    return this.#start.position
  }

  get tail(): number {
    return this.#tail
  }

  get flushed(): number {
    return this.#flushed
  }

  /** Of an entry that is held, or of the last one that was trimmed; undefined for what is not held. */
  epochAt(position: number): number | undefined {
    if (position > this.#tail) return undefined
    return this.#runs.findLast((run) => run.position <= position)?.epoch
  }

  /** The last position before those that have the epoch of this one. */
  beforeRun(position: number): number {
    const run = this.#runs.findLast((each) => each.position <= position)
    return Math.max(this.start, (run?.position ?? 0) - 1)
  }

  /** Settles when it is durable; entries that were appended before are then durable too. */
  promise(epoch: number): Promise<void> {
    assert(epoch >= this.#promised, 'promises only rise')
    this.#promised = epoch
    return this.#write([{ key: this.#rows.head, value: this.#head() }])
  }

  /**
   * Puts entries behind `after`, and whatever else was there goes. Settles when they are durable. The epoch of the last one is promised with it.
   * @param entries each with its epoch before it, as {@link withEpoch} makes it
   */
  append(after: number, entries: readonly Uint8Array[]): Promise<void> {
    assert(after >= this.start && after <= this.#tail, 'a journal has no gaps')
    const writes: Write[] = []
    for (let position = after + entries.length + 1; position <= this.#tail; position++)
      writes.push({ key: this.#rows.at(position), value: undefined })
    if (after < this.#tail) this.#cut(after)
    for (const value of entries) {
      const epoch = epochOf(value)
      this.#tail++
      if (epoch !== this.#runs.at(-1)?.epoch) this.#runs.push({ position: this.#tail, epoch })
      writes.push({ key: this.#rows.at(this.#tail), value })
      if (epoch > this.#promised) {
        this.#promised = epoch
        writes.push({ key: this.#rows.head, value: this.#head() })
      }
    }
    return this.#write(writes)
  }

  /** Flushed entries behind `after`, each with its epoch; some of them, when they are many. */
  async read(after: number, bytesMax = readBytesMax): Promise<readonly Uint8Array[]> {
    if (after < this.start || after >= this.#flushed) return []
    const { entries } = await this.#store.page(this.#rows.behind(after), { entriesMax: readEntriesMax, bytesMax })
    // Another log may have come meanwhile: what is not as it is known now is not handed out.
    const read: Uint8Array[] = []
    for (const { key, value } of entries) {
      const position = positionOf(key)
      if (position !== after + read.length + 1 || position > this.#flushed || epochOf(value) !== this.epochAt(position)) break
      read.push(value)
    }
    return read
  }

  /** Lets go of everything up to a position. */
  trim(upTo: number): Promise<void> {
    const work = this.#trimming.then(async () => {
      while (this.start < upTo) {
        const [from, to] = [this.start, Math.min(upTo, this.start + trimmedAtOnce)]
        const epoch = this.epochAt(to)
        assert(epoch !== undefined && to <= this.#flushed, 'what is trimmed was held')
        this.#start = { position: to, epoch }
        this.#runs = [this.#start, ...this.#runs.filter((run) => run.position > to)]
        const writes: Write[] = [{ key: this.#rows.head, value: this.#head() }]
        for (let position = from + 1; position <= to; position++) writes.push({ key: this.#rows.at(position), value: undefined })
        await this.#write(writes)
      }
    })
    this.#trimming = work.catch(() => undefined) // whoever trims hears of it
    return work
  }

  #cut(after: number): void {
    this.#tail = after
    this.#flushed = Math.min(this.#flushed, after)
    for (const write of this.#underWay) write.tail = Math.min(write.tail, after)
    this.#runs = this.#runs.filter((run) => run.position <= after)
  }

  async #write(writes: readonly Write[]): Promise<void> {
    const write = { tail: this.#tail }
    this.#underWay.add(write)
    try {
      await this.#store.transact([], () => ({ writes, result: undefined }))
    } finally {
      this.#underWay.delete(write)
    }
    this.#flushed = Math.max(this.#flushed, write.tail)
  }

  #head(): Uint8Array {
    const head = Buffer.alloc(18)
    head.writeUIntBE(this.#promised, 0, 6)
    head.writeUIntBE(this.#start.position, 6, 6)
    head.writeUIntBE(this.#start.epoch, 12, 6)
    return head
  }
}

/** A position, and the epoch of the entry there. */
interface Mark {
  readonly position: number
  readonly epoch: number
}

interface JournalRows {
  readonly head: Key
  at(position: number): Key
  behind(position: number): Range
}

function journalRows(journal: string): JournalRows {
  const prefix = journalPrefix(journal)
  const entries = Buffer.concat([prefix, Uint8Array.of(entriesKind)])
  const at = (position: number): Key => {
    const key = Buffer.allocUnsafe(entries.length + 6)
    key.set(entries)
    key.writeUIntBE(position, entries.length, 6)
    return key
  }
  return {
    head: Buffer.concat([prefix, Uint8Array.of(headKind)]),
    at,
    behind: (position) => ({ from: at(position + 1), to: afterPrefix(entries) }),
  }
}

/** All rows of a journal. */
export function journalRange(journal: string): Range {
  const prefix = journalPrefix(journal)
  return { from: prefix, to: afterPrefix(prefix) }
}

function journalPrefix(journal: string): Key {
  const id = Buffer.from(journal, 'utf8')
  return Buffer.concat([Uint8Array.of(journalSpace, id.length), id])
}

function positionOf(key: Key): number {
  return asBuffer(key).readUIntBE(key.length - 6, 6)
}

export function withEpoch(epoch: number, entry: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(6 + entry.length)
  bytes.writeUIntBE(epoch, 0, 6)
  bytes.set(entry, 6)
  return bytes
}

export function epochOf(entry: Uint8Array): number {
  return asBuffer(entry).readUIntBE(0, 6)
}

function numbersOf(head: Uint8Array): [number, number, number] {
  const bytes = asBuffer(head)
  return [bytes.readUIntBE(0, 6), bytes.readUIntBE(6, 6), bytes.readUIntBE(12, 6)]
}

/** Beside `00`, what a Region has once, and `01`, the rows of tables (`engine/keyspace.ts`). */
const journalSpace = 0x02
const headKind = 0x00
const entriesKind = 0x01
const openedPage = { entriesMax: 1000, bytesMax: 4 << 20 }
const readEntriesMax = 500
const readBytesMax = 2 << 20
const trimmedAtOnce = 1000

/** The journals of which there is anything in a store. */
export async function journalsIn(store: Store): Promise<readonly string[]> {
  const found: string[] = []
  let from: Key = Uint8Array.of(journalSpace)
  for (;;) {
    const { entries } = await store.page({ from, to: Uint8Array.of(journalSpace + 1) }, { entriesMax: 1, bytesMax: 1 })
    const [first] = entries
    if (first === undefined) return found
    const length = first.key[1] ?? 0
    found.push(Buffer.from(first.key.subarray(2, 2 + length)).toString('utf8'))
    from = afterPrefix(first.key.subarray(0, 2 + length))
  }
}
