/**
 * The log before the tree: a batch is one record, written in one piece and flushed once, while LMDB would write all the pages that it touches.
 *
 * Two files take turns. While what stands in one is brought into LMDB, the other is written; it begins anew at its start, over what it held:
 *
 *     first   ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓        being applied to LMDB        free ...   ▓▓▓▓▓▓▓
 *     second                    ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓       being applied
 *
 * One record is on its way to the disk at a time, so a crash can spoil the last one only. When a log is opened, the records behind what LMDB has
 * are read up to the first that is not whole; where later ones follow that one, or where some are missing, it is damaged and refused.
 *
 * It does not know LMDB; its caller says what is applied, and turns to the other file only when nothing in that one is needed.
 */
import type { LogFile } from './log-file.ts'
import type { LogRecord } from './log-record.ts'
import { encodeRecord, laterRecord, recordAt } from './log-record.ts'
import type { Write } from './store.ts'
import { StoreDamaged } from './store.ts'

/** What a store knows of its log. */
export interface LogMark {
  readonly storeId: bigint
  /** The sequence number of the last record that LMDB has. */
  readonly applied: number
}

export interface OpenedLog {
  readonly log: WriteLog
  /** What LMDB does not have: the writes of each file that holds any, the older first. The log goes on in the last of them. */
  readonly unapplied: readonly Unapplied[]
}

export interface Unapplied {
  readonly writes: readonly Write[]
  /** The number of the last record that they come from. */
  readonly sequence: number
}

/** A file grows by what it has, within these: its blocks are there before a record comes, so that a flush is one write of the disk. */
const GROWTH_BYTES_MIN = 64 * 1024
const GROWTH_BYTES_MAX = 1024 * 1024

export class WriteLog {
  readonly storeId: bigint
  #current: Segment
  #other: Segment
  #sequence: number

  constructor(storeId: bigint, current: Segment, other: Segment, sequence: number) {
    this.storeId = storeId
    this.#current = current
    this.#other = other
    this.#sequence = sequence
  }

  /** The sequence number of the last record. */
  get sequence(): number {
    return this.#sequence
  }

  /** What was written since the last turn. */
  get bytes(): number {
    return this.#current.end
  }

  /** Resolves when the writes are on the disk. One at a time. */
  async append(writes: readonly Write[]): Promise<void> {
    const record = encodeRecord(this.storeId, this.#sequence + 1, writes)
    const segment = this.#current
    await makeRoom(segment, segment.end + record.length)
    await segment.file.write(record, segment.end)
    segment.end += record.length
    this.#sequence++
  }

  /** What is appended from now on goes to the other file, over all that stands there. Not while something is being appended. */
  turn(): void {
    const next = this.#other
    next.end = 0
    this.#other = this.#current
    this.#current = next
  }

  /** Forgets all records. */
  async empty(): Promise<void> {
    for (const segment of [this.#current, this.#other]) {
      await segment.file.empty()
      segment.end = 0
      segment.allocated = 0
    }
  }

  async close(): Promise<void> {
    await this.#current.file.close()
    await this.#other.file.close()
  }
}

interface Segment {
  readonly file: LogFile
  /** Behind its last record. */
  end: number
  /** How long the file is. */
  allocated: number
}

async function makeRoom(segment: Segment, bytes: number): Promise<void> {
  if (bytes <= segment.allocated) return
  const growth = Math.min(Math.max(segment.allocated, GROWTH_BYTES_MIN), GROWTH_BYTES_MAX)
  const allocated = Math.max(bytes, segment.allocated + growth)
  await segment.file.write(new Uint8Array(allocated - segment.allocated), segment.allocated)
  segment.allocated = allocated
}

interface Found {
  readonly segment: Segment
  readonly records: readonly LogRecord[]
}

/** @throws StoreDamaged */
export async function openWriteLog(files: readonly [LogFile, LogFile], mark: LogMark): Promise<OpenedLog> {
  const found: readonly [Found, Found] = [await readSegment(files[0], mark), await readSegment(files[1], mark)]
  const [older, newer] = firstOf(found[0]) <= firstOf(found[1]) ? found : [found[1], found[0]]
  const full = [older, newer].filter(({ records }) => records.length > 0)
  const unapplied: Unapplied[] = []
  let sequence = mark.applied
  for (const { segment, records } of full) {
    const first = records[0]?.sequence
    if (first !== sequence + 1) {
      throw new StoreDamaged(segment.file.path, `begins with write ${first}, but the store beside it has only those up to ${sequence}`)
    }
    sequence = records.at(-1)?.sequence ?? sequence
    unapplied.push({ writes: records.flatMap(({ writes }) => writes), sequence })
  }
  const current = full.at(-1)?.segment ?? older.segment
  const other = current === older.segment ? newer.segment : older.segment
  return { log: new WriteLog(mark.storeId, current, other, sequence), unapplied }
}

function firstOf({ records }: Found): number {
  return records[0]?.sequence ?? Infinity
}

/** What a file holds that is not applied, and where it goes on. */
async function readSegment(file: LogFile, { storeId, applied }: LogMark): Promise<Found> {
  const bytes = await file.read()
  const records: LogRecord[] = []
  let end = 0
  let sequence: number | undefined
  for (let record = recordAt(bytes, 0); record !== undefined; record = recordAt(bytes, end)) {
    if (record.storeId !== storeId && end === 0) throw new StoreDamaged(file.path, 'belongs to another store than the one beside it')
    if (record.storeId !== storeId || (sequence !== undefined && record.sequence !== sequence + 1)) break
    sequence = record.sequence
    end = record.end
    if (sequence > applied) records.push(record)
  }
  const later = laterRecord(bytes, end, storeId, Math.max(applied, sequence ?? 0))
  if (later !== undefined) throw new StoreDamaged(file.path, `is damaged at byte ${end}, before write ${later}`)
  // What a killed process left may not be on the disk, whatever a flush says now that one failed: so it is written again before anybody reads it.
  if (records.length > 0) await file.write(bytes.subarray(0, end), 0)
  return { segment: { file, end: records.length > 0 ? end : 0, allocated: bytes.length }, records }
}
