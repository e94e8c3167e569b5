import { accountOf, defaultAccount, regionOf } from '../base/account-region.ts'
import type { Scheduler } from '../base/scheduler.ts'
import type { Table } from '../engine/table.ts'
import type { KeySchema } from '../item/key-schema.ts'
import type { Membership } from '../replication/membership.ts'
import { isBeyondFinal, isDropped } from '../replication/membership.ts'
import { equalCursors, reaches } from '../replication/cursors.ts'
import type { Digest } from '../replication/digest.ts'
import { isOpen, ledgerEntries } from '../replication/ledger-scan.ts'
import { defaultPolicy, policyTag } from '../replication/policy-text.ts'
import { followedPolicyKey } from '../replication/rows.ts'
import type { Flow } from '../replication/replica.ts'
import type { Timestamp } from '../replication/timestamp.ts'
import type { Conflict } from './conflict.ts'
import { joinConflict } from './conflict.ts'
import type { Running } from './region-node.ts'
import type { World } from './world.ts'

/**
 * What can be seen of the world from outside: conflicts, digests, flows. It reads what is durable and changes nothing.
 *
 * A table is called by its name, with the account behind it where that is not the default one: `users`, `users@111122223333`.
 */

/** Every lost write of a table, in the order in which they were made: the union of what all Regions found [REP-20]. */
export async function conflictsOf(world: World, tableName: string, since: Timestamp): Promise<readonly Conflict[]> {
  const conflictById = new Map<string, Conflict>()
  for (const { region, running, table } of tablesCalled(world, tableName)) {
    const replica = running.replication.replica(table.globalId)
    const cut = await replica?.stableCut()
    for await (const { entry, withdrawn, resolved } of ledgerEntries(running.store, table.number, since)) {
      const isOver = (membership: Membership): boolean =>
        isDropped(membership, entry.loser.incarnation) || isBeyondFinal(membership, entry.loser)
      const over = replica !== undefined && isOver(replica.membership)
      const found: Conflict = {
        ...entry,
        table: tableName,
        globalId: table.globalId,
        foundInRegions: [region],
        withdrawn,
        resolved,
        open: isOpen({ entry, withdrawn, resolved }),
        settled: over || (cut !== undefined && reaches(cut, entry.loser)),
      }
      const known = conflictById.get(entry.id)
      conflictById.set(entry.id, known === undefined ? found : joinConflict(known, found))
    }
  }
  return [...conflictById.values()].sort((a, b) => (BigInt(a.loser.timestamp) < BigInt(b.loser.timestamp) ? -1 : 1))
}

/** The keys of a conflict's table; undefined when no Region that runs has it. */
export function schemaOf(world: World, { table, globalId }: Pick<Conflict, 'table' | 'globalId'>): KeySchema | undefined {
  return tablesCalled(world, table).find((found) => found.table.globalId === globalId)?.table.schema
}

/** The Regions that were used so far, whichever account used them. */
export function regionNames(world: World): readonly string[] {
  return [...new Set(world.regions().map(({ name }) => regionOf(name)))]
}

/** What the tables are called that exist in any Region, in order; one that several accounts have by one of its names. */
export function tableNames(world: World): readonly string[] {
  const nameById = new Map<string, string>()
  for (const { name: region, running } of world.regions().toSorted((a, b) => (accountOf(a.name) < accountOf(b.name) ? -1 : 1))) {
    const account = accountOf(region)
    for (const { globalId, name } of running?.engine.tables() ?? []) {
      if (!nameById.has(globalId)) nameById.set(globalId, account === defaultAccount ? name : `${name}@${account}`)
    }
  }
  return [...new Set(nameById.values())].sort()
}

export interface TableInRegion {
  readonly region: string
  readonly running: Running
  readonly table: Table
}

/** The tables that are called so in the Regions of the account, and their replicas in other accounts. */
export function tablesCalled(world: World, called: string): readonly TableInRegion[] {
  const [tableName = '', account = defaultAccount] = called.split('@', 2)
  const found = world.regions().flatMap(({ name: region, running }) => {
    const table = running?.engine.table(tableName)
    return running === undefined || table === undefined ? [] : [{ region, running, table }]
  })
  const own = found.filter(({ region }) => accountOf(region) === account)
  const ids = new Set(own.map(({ table }) => table.globalId))
  return [...own, ...found.filter(({ region, table }) => accountOf(region) !== account && ids.has(table.globalId))]
}

/** The replicas of a table: the Regions whose table of that name is the same table. */
export function replicasOf(world: World, tableName: string): readonly { readonly region: string; readonly table: Table }[] {
  const tables = tablesCalled(world, tableName)
  const [first] = tables
  return tables.filter(({ table }) => table.globalId === first?.table.globalId)
}

/** Without the engine that functions are run by, which a replica writes down behind the policy. */
function followedPolicy(row: Uint8Array): string {
  return Buffer.from(row).toString('utf8').split('@', 1)[0] ?? ''
}

/** A table's conflict policy, and the one by which all items of each Region that runs are decided. */
export async function policyOf(
  world: World,
  tableName: string,
): Promise<{ readonly policy: string; readonly followedByRegion: ReadonlyMap<string, string> } | undefined> {
  const replicas = replicasOf(world, tableName)
  const [first] = replicas
  if (first === undefined) return undefined
  const global = world.globalTable(first.table)
  const policy = (global === undefined ? first.table.tags[policyTag] : global.membership.policy) ?? defaultPolicy
  const followedByRegion = new Map<string, string>()
  for (const { region, table } of replicas) {
    // Alone there are no conflicts, so nothing has to follow.
    const row = global === undefined ? undefined : await world.region(region)?.running?.store.get(followedPolicyKey(table.number))
    followedByRegion.set(region, global === undefined ? policy : row === undefined ? defaultPolicy : followedPolicy(row))
  }
  return { policy, followedByRegion }
}

export interface TableDigest {
  readonly digestByRegion: ReadonlyMap<string, Digest>
  /** Equal digests and equal cursors, so nothing is on its way [REP-41]; false while a member does not run. */
  readonly converged: boolean
}

export async function digestTable(world: World, scheduler: Scheduler, tableName: string): Promise<TableDigest | undefined> {
  const replicas = replicasOf(world, tableName)
  const [first] = replicas
  if (first === undefined) return undefined
  const digestByRegion = new Map<string, Digest>()
  for (const { region, table } of replicas) {
    const running = world.region(region)?.running
    if (running !== undefined) digestByRegion.set(region, await running.digests.look(running.store, scheduler, table.number))
  }
  const [one, ...others] = digestByRegion.values()
  const alike = one !== undefined && others.every((other) => other.hex === one.hex && equalCursors(other.cursors, one.cursors))
  const members = world.globalTable(first.table)?.membership.members ?? [first.region]
  return { digestByRegion, converged: alike && members.every((member) => digestByRegion.has(member)) }
}

/** How changes of each global table flow between its Regions. */
export async function flowsOf(
  world: World,
): Promise<readonly { readonly table: string; readonly region: string; readonly flows: readonly Flow[] }[]> {
  const all = []
  for (const global of world.globalTables()) {
    for (const { region } of global.replicas) {
      const replica = world.region(region)?.running?.replication.replica(global.globalId)
      if (replica !== undefined) all.push({ table: global.name, region, flows: await replica.flows() })
    }
  }
  return all
}
