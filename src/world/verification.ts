import type { Scheduler } from '../base/scheduler.ts'
import { sleep } from '../base/scheduler.ts'
import type { Table } from '../engine/table.ts'
import { suffixOf } from '../engine/keyspace.ts'
import { pagesOf } from '../storage/pages.ts'
import type { Snapshot, Value } from '../storage/store.ts'
import { decodeCell } from '../replication/cell.ts'
import type { Cursors } from '../replication/cursors.ts'
import { joinInto } from '../replication/cursors.ts'
import { counts, digestParts, fingerprint, rangeOfParts } from '../replication/digest.ts'
import type { Look } from '../replication/divergence.ts'
import { contradictions, mended } from '../replication/divergence.ts'
import type { Dot, Incarnation } from '../replication/dot.ts'
import { mendItem } from '../replication/mending.ts'
import type { Membership } from '../replication/membership.ts'
import { decodeReplicaRow } from '../replication/replica-row.ts'
import { cellKey, replicaRowKey } from '../replication/rows.ts'
import type { Siblings } from '../replication/siblings.ts'
import { compareVersions } from '../replication/version.ts'
import type { Running } from './region-node.ts'
import { replicasOf } from './inspection.ts'
import type { World } from './world.ts'

/**
 * Finds the items in which the replicas of a table differ for good, under writes too: parts of the table with unequal digests, in them the keys
 * that differ, and of these the ones that still do when every replica has passed what all of them had at the first look [REP-41]. Repair gives them
 * all the same siblings.
 */
export interface Verification {
  readonly divergent: readonly Divergence[]
  /** There are more than were looked at: look again when these are mended. */
  readonly more: boolean
  /** Replicas that did not come as far as the others within the time: nothing is said of what they hold. */
  readonly behind: readonly string[]
}

export interface Divergence {
  readonly itemKey: Uint8Array
  readonly table: Table
  /** What each Region held, and what it was given; `changed`: the item was written meanwhile. */
  readonly regions: readonly { readonly region: string; readonly held: Siblings; readonly given: Siblings | undefined | 'changed' }[]
}

export interface VerifyOptions {
  readonly table: string
  readonly repair: boolean
  /** How long replicas may take to come as far as the others. */
  readonly timeoutMs: number
}

/** Undefined: no Region that runs has the table. */
export async function verifyTable(world: World, scheduler: Scheduler, options: VerifyOptions): Promise<Verification | undefined> {
  const replicas = membersOf(world, options.table)
  const [first] = replicas
  if (first === undefined) return undefined
  const nothing: Verification = { divergent: [], more: false, behind: [] }
  const membership = membershipOf(replicas)
  if (replicas.length < 2 || membership === undefined) return nothing
  const { keys, more } = await differingKeys(replicas, scheduler)
  if (keys.length === 0) return nothing
  const before = await lookAt(replicas, keys)
  const behind = await passed(replicas, before, scheduler, options.timeoutMs)
  if (behind.length > 0) return { ...nothing, behind }
  const releases = replicas.map((replica) => replica.running.replication.replica(replica.table.globalId)?.holdCollecting())
  try {
    const divergent: Divergence[] = []
    const after = await lookAt(replicas, keys)
    for (const [at, itemKey] of keys.entries()) {
      const [one, other] = [looksOf(before, at), looksOf(after, at)]
      const wrong = contradictions(one, other, membership)
      if (wrong.length === 0) continue
      const given = options.repair ? await mend(replicas, itemKey, wrong, membership, scheduler) : new Map<string, Siblings | 'changed'>()
      divergent.push({
        itemKey,
        table: first.table,
        regions: other.map(({ region, siblings }) => ({ region, held: siblings, given: given.get(region) })),
      })
    }
    return { divergent, more, behind: [] }
  } finally {
    for (const release of releases) release?.()
  }
}

interface Member {
  readonly region: string
  readonly table: Table
  readonly running: Running
}

/** One replica as it was at one moment: how far it had come, and the cells that were asked for. */
interface Seen {
  readonly member: Member
  readonly cursors: Cursors
  readonly epoch: number
  readonly cells: readonly (Value | undefined)[]
}

/** Replicas that are members, and hold what they should: one that is being filled differs, and knows. */
function membersOf(world: World, tableName: string): readonly Member[] {
  return replicasOf(world, tableName).flatMap(({ region, table }) => {
    const running = world.region(region)?.running
    const replica = running?.replication.replica(table.globalId)
    const members = world.globalTable(table)?.membership.members ?? [region]
    const isWhole = replica?.isSource === true && table.suspended === undefined && members.includes(region)
    return running !== undefined && isWhole ? [{ region, table, running }] : []
  })
}

function membershipOf([first]: readonly Member[]): Membership | undefined {
  return first?.running.replication.replica(first.table.globalId)?.membership
}

/** Keys whose fingerprints differ in some replica. Each was read at another moment, so most of them may be on their way. */
async function differingKeys(members: readonly Member[], scheduler: Scheduler): Promise<{ keys: readonly Uint8Array[]; more: boolean }> {
  const digests = await Promise.all(members.map(({ running, table }) => running.digests.look(running.store, scheduler, table.number)))
  const keys: Uint8Array[] = []
  for (let part = 0; part < digestParts; part++) {
    if (new Set(digests.map(({ parts }) => parts.get(part))).size === 1) continue
    for (const key of await differingInPart(members, part, scheduler)) {
      keys.push(key)
      if (keys.length === keysMax) return { keys, more: true }
    }
  }
  return { keys, more: false }
}

/** Memory is held for the keys of one part: 40 bytes or so for each. */
async function differingInPart(members: readonly Member[], part: number, scheduler: Scheduler): Promise<readonly Uint8Array[]> {
  const seenByKey = new Map<string, { readonly key: Uint8Array; readonly prints: string[] }>()
  for (const { running, table } of members) {
    for await (const page of pagesOf(running.store, rangeOfParts(table.number, part, part + 1), pageLimit)) {
      for (const { key, value } of page) {
        const cell = decodeCell(value)
        if (!counts(cell)) continue
        const itemKey = suffixOf(key)
        const name = Buffer.from(itemKey).toString('latin1')
        const print = fingerprint(cell).toString('latin1')
        const seen = seenByKey.get(name)
        if (seen === undefined) seenByKey.set(name, { key: itemKey, prints: [print] })
        else seen.prints.push(print)
      }
      await sleep(scheduler, 0)
    }
  }
  return [...seenByKey.values()].flatMap(({ key, prints }) => (prints.length === members.length && new Set(prints).size === 1 ? [] : [key]))
}

function lookAt(members: readonly Member[], keys: readonly Uint8Array[]): Promise<readonly Seen[]> {
  return Promise.all(
    members.map(async (member) => {
      const { running, table } = member
      const snapshot = await running.store.snapshot()
      try {
        return await readState(snapshot, member, table.number, keys)
      } finally {
        snapshot.close()
      }
    }),
  )
}

async function readState(snapshot: Snapshot, member: Member, tableNumber: number, keys: readonly Uint8Array[]): Promise<Seen> {
  const encoded = await snapshot.get(replicaRowKey(tableNumber))
  const { cursors, epoch } = encoded === undefined ? { cursors: new Map<Incarnation, number>(), epoch: 0 } : decodeReplicaRow(encoded)
  const cells: (Value | undefined)[] = []
  for (const key of keys) cells.push(await snapshot.get(cellKey(tableNumber, key)))
  return { member, cursors, epoch, cells }
}

function looksOf(seen: readonly Seen[], at: number): readonly Look[] {
  return seen.map(({ member, cursors, epoch, cells }) => ({
    region: member.region,
    siblings: decodeCell(cells[at]).siblings,
    cursors,
    epoch,
  }))
}

/** Waits until every replica has what any of them had. Returns those that did not come so far in time. */
async function passed(
  members: readonly Member[],
  seen: readonly Seen[],
  scheduler: Scheduler,
  timeoutMs: number,
): Promise<readonly string[]> {
  const heads = new Map<Incarnation, number>()
  for (const { cursors } of seen) joinInto(heads, cursors)
  const behind = new Set(members.map(({ region }) => region))
  const all = Promise.all(
    members.map(async ({ region, running, table }) => {
      await running.replication.replica(table.globalId)?.reaches(heads)
      behind.delete(region)
    }),
  )
  await Promise.race([all, sleep(scheduler, timeoutMs)])
  return [...behind]
}

/** Gives every replica the siblings that all should have; what was written meanwhile is left alone. */
async function mend(
  members: readonly Member[],
  itemKey: Uint8Array,
  wrong: readonly Dot[],
  membership: Membership,
  scheduler: Scheduler,
): Promise<ReadonlyMap<string, Siblings | 'changed'>> {
  const seen = await lookAt(members, [itemKey])
  const shouldHold = mended(looksOf(seen, 0), wrong, membership)
  const given = new Map<string, Siblings | 'changed'>()
  for (const { member, cells } of seen) {
    const { region, running, table } = member
    const siblings = shouldHold.get(region)
    if (siblings === undefined || sameVersions(siblings, decodeCell(cells[0]).siblings)) continue
    const isMended = await mendItem({
      store: running.store,
      table,
      current: (now) => running.engine.current(now),
      region,
      policy: running.versions.policy(table),
      membership,
      nowMs: running.engine.clock.nowMs(),
      itemKey,
      seen: cells[0],
      siblings,
    })
    given.set(region, isMended ? siblings : 'changed')
    if (isMended) running.engine.changed(table)
  }
  await sleep(scheduler, 0)
  return given
}

function sameVersions(a: Siblings, b: Siblings): boolean {
  const sorted = [...b].sort(compareVersions)
  return a.length === b.length && a.every(({ bytes }, at) => Buffer.compare(bytes, sorted[at]?.bytes ?? nothing) === 0)
}

const nothing = new Uint8Array(0)
/** Looked at in one go. */
const keysMax = 1000
const pageLimit = { entriesMax: 500, bytesMax: 1 << 20 }
