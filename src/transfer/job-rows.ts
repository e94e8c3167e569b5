import type { Random } from '../base/random.ts'
import { hex64 } from '../base/random.ts'
import { transferKey } from '../engine/keyspace.ts'
import { removeRows } from '../engine/region-engine.ts'
import type { Decision, Key, Store, Value, Write } from '../storage/store.ts'
import { afterPrefix } from '../storage/store.ts'

/**
 * The durable records of a Region's exports and imports, and the tokens under which they were asked for. They belong to the Region: a table that goes
 * leaves them behind, and after 90 days they go (developer guide, "Requesting a table export").
 *
 *   kind(1) id                     the job, as JSON; ids are ordered by time
 *   kind(1) token                  atMs(6) fingerprint(32) id
 */
export type JobKind = 'export' | 'import'

export interface JobRow {
  readonly id: string
  readonly startedAtMs: number
}

const kinds = { export: { jobs: 1, tokens: 2 }, import: { jobs: 3, tokens: 4 } } as const

/** How long a token holds (API reference, ExportTableToPointInTime, ImportTable). */
export const TOKEN_HOLDS_MS = 8 * 3600 * 1000
const jobsKeptMs = 90 * 24 * 3600 * 1000

/** `01693685827463-2d8752fd`, as DynamoDB's look: the time in milliseconds, and what keeps those of one time apart. */
export function newJobId(random: Random, nowMs: number): string {
  return `${timeInId(nowMs)}-${hex64(random).slice(0, 8)}`
}

function timeInId(ms: number): string {
  return String(ms).padStart(14, '0')
}

export async function readJob<J extends JobRow>(store: Store, kind: JobKind, id: string): Promise<J | undefined> {
  const row = await store.get(transferKey(kinds[kind].jobs, id))
  return row && decodeJob<J>(row)
}

/** Changes a job; undefined when there is none. */
export function changeJob<J extends JobRow>(store: Store, kind: JobKind, id: string, change: (job: J) => J): Promise<J | undefined> {
  const key = transferKey(kinds[kind].jobs, id)
  return store.transact([key], ([row]) => {
    if (row === undefined) return { writes: [], result: undefined }
    const changed = change(decodeJob<J>(row))
    return { writes: [jobWrite(key, changed)], result: changed }
  })
}

export interface JobToken {
  readonly token: string
  /** Digest of what is asked for. */
  readonly fingerprint: Uint8Array
}

/**
 * Records a new job and its token. When the job is there already nothing changes; when the token holds for another, that one's id is returned, and
 * whether it was asked for alike.
 */
export function recordJob<J extends JobRow>(
  store: Store,
  kind: JobKind,
  job: J,
  token: JobToken | undefined,
): Promise<'recorded' | { readonly id: string; readonly alike: boolean }> {
  const key = transferKey(kinds[kind].jobs, job.id)
  const keys = token === undefined ? [key] : [key, tokenKey(kind, token)]
  return store.transact<'recorded' | { readonly id: string; readonly alike: boolean }>(keys, ([existing, tokenRow]) => {
    const held = heldToken(tokenRow, job.startedAtMs)
    if (held !== undefined && held.id !== job.id) return { writes: [], result: answerTo(held, token) }
    const writes: Write[] = existing === undefined ? [jobWrite(key, job)] : []
    if (token !== undefined) writes.push({ key: tokenKey(kind, token), value: encodeToken(job, token) })
    return { writes, result: 'recorded' }
  })
}

/** The job that a token holds for; undefined when it holds for none. */
export async function jobOfToken(
  store: Store,
  kind: JobKind,
  token: JobToken,
  nowMs: number,
): Promise<{ readonly id: string; readonly alike: boolean } | undefined> {
  const held = heldToken(await store.get(tokenKey(kind, token)), nowMs)
  return held && answerTo(held, token)
}

/**
 * Jobs, the newest first.
 * @param before an id: only older ones
 */
export async function* jobsOf<J extends JobRow>(store: Store, kind: JobKind, before?: string): AsyncGenerator<J> {
  const all = transferKey(kinds[kind].jobs, '')
  let to: Key = before === undefined ? afterPrefix(all) : transferKey(kinds[kind].jobs, before)
  for (;;) {
    const { entries, more } = await store.page({ from: all, to, reverse: true }, { entriesMax: 25, bytesMax: 1 << 20 })
    for (const { value } of entries) yield decodeJob<J>(value)
    const last = entries.at(-1)
    if (!more || last === undefined) return
    to = last.key
  }
}

/** Removes the records that are too old, and the tokens that hold no more. */
export async function removeOldJobs(store: Store, nowMs: number): Promise<void> {
  const eldest = timeInId(Math.max(0, nowMs - jobsKeptMs))
  for (const kind of Object.values(kinds)) {
    await removeRows(store, { from: transferKey(kind.jobs, ''), to: transferKey(kind.jobs, eldest) })
    await removeOldTokens(store, kind.tokens, nowMs)
  }
}

async function removeOldTokens(store: Store, kind: number, nowMs: number): Promise<void> {
  const all = transferKey(kind, '')
  let from: Key = all
  for (;;) {
    const { entries, more } = await store.page({ from, to: afterPrefix(all) }, { entriesMax: 200, bytesMax: 1 << 20 })
    const keys = entries.filter(({ value }) => heldToken(value, nowMs) === undefined).map(({ key }) => key)
    // One that is used again meanwhile holds anew, and stays.
    const remove = (rows: readonly (Value | undefined)[]): Decision<undefined> => ({
      writes: keys.flatMap((key, at) => (heldToken(rows[at], nowMs) === undefined ? [{ key, value: undefined }] : [])),
      result: undefined,
    })
    if (keys.length > 0) await store.transact(keys, remove)
    const last = entries.at(-1)
    if (!more || last === undefined) return
    from = Buffer.concat([last.key, Uint8Array.of(0)])
  }
}

function tokenKey(kind: JobKind, { token }: JobToken): Key {
  return transferKey(kinds[kind].tokens, token)
}

interface HeldToken {
  readonly id: string
  readonly fingerprint: Uint8Array
}

function answerTo(held: HeldToken, token: JobToken | undefined): { readonly id: string; readonly alike: boolean } {
  return { id: held.id, alike: token !== undefined && Buffer.compare(held.fingerprint, token.fingerprint) === 0 }
}

const fingerprintBytes = 32

function encodeToken({ id, startedAtMs }: JobRow, { fingerprint }: JobToken): Value {
  const atMs = Buffer.alloc(6)
  atMs.writeUIntBE(startedAtMs, 0, 6)
  return Buffer.concat([atMs, fingerprint, Buffer.from(id, 'utf8')])
}

function heldToken(row: Value | undefined, nowMs: number): HeldToken | undefined {
  if (row === undefined) return undefined
  const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength)
  if (nowMs - bytes.readUIntBE(0, 6) > TOKEN_HOLDS_MS) return undefined
  return { fingerprint: bytes.subarray(6, 6 + fingerprintBytes), id: bytes.subarray(6 + fingerprintBytes).toString('utf8') }
}

function jobWrite(key: Key, job: JobRow): Write {
  return { key, value: Buffer.from(JSON.stringify(job), 'utf8') }
}

function decodeJob<J extends JobRow>(row: Value): J {
  return JSON.parse(Buffer.from(row).toString('utf8')) as J
}
