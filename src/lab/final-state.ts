import type { VirtualTime } from '../base/virtual-time.ts'
import { spaceRange, spaces } from '../engine/keyspace.ts'
import type { Space } from '../engine/keyspace.ts'
import { decodeCell } from '../replication/cell.ts'
import { equalCursors } from '../replication/cursors.ts'
import type { Item } from '../item/attribute-value.ts'
import type { Version } from '../replication/version.ts'
import type { Entry, Store } from '../storage/store.ts'
import type { Conflict } from '../world/conflict.ts'
import { conflictsOf, digestTable, flowsOf, policyOf, replicasOf } from '../world/inspection.ts'
import type { World } from '../world/world.ts'
import { tableName } from './lab-items.ts'

/** What is left when everything has come to rest: read from the replicas as any operator could. */
export interface FinalState {
  readonly converged: boolean
  readonly replicas: readonly FinalReplica[]
  readonly conflicts: readonly Conflict[]
  /** The table's conflict policy, as it is recorded. */
  readonly policy: string
}

export interface FinalReplica {
  readonly region: string
  /** The number of its table. */
  readonly table: number
  readonly digest: string
  readonly siblingsByKey: ReadonlyMap<string, readonly Version[]>
  readonly shownByKey: ReadonlyMap<string, Version>
  /** What is shown, where an item is. */
  readonly imageByKey: ReadonlyMap<string, Item>
  readonly itemCount: number
  readonly sizeBytes: number
  /** The same, counted. */
  readonly counted: { readonly itemCount: number; readonly sizeBytes: number }
}

/** Why the world is not at rest yet; undefined when it is. It changes nothing and can be asked again and again. */
export async function unrest(world: World, time: VirtualTime): Promise<string | undefined> {
  for (const { name, status } of world
    .globalTables()
    .flatMap((table) => table.replicas.map((replica) => ({ name: replica.region, ...replica })))) {
    if (status !== 'ACTIVE') return `the replica in ${name} is ${status}`
  }
  const rows = []
  for (const { region, table } of replicasOf(world, tableName)) {
    const running = world.region(region)?.running
    const replica = running?.replication.replica(table.globalId)
    const row = await replica?.row()
    if (running === undefined || row === undefined) return `${region} does not run`
    rows.push({ region, row })
    const changing = running.engine.current(table)?.indexes.find(({ status }) => status !== 'ACTIVE')
    if (changing !== undefined) return `the index ${changing.name} is ${changing.status} in ${region}`
    const log = await countOf(running.store, table.number, spaces.log)
    if (log > 0) return `${region} keeps ${log} log records`
    const tombstones = await countOf(running.store, table.number, spaces.tombstones)
    if (tombstones > 0) return `${region} keeps ${tombstones} tombstones`
  }
  const [first] = rows
  for (const { region, row } of rows) {
    if (first !== undefined && !equalCursors(first.row.cursors, row.cursors)) return `${first.region} and ${region} have different cursors`
  }
  for (const { region, flows } of await flowsOf(world)) {
    for (const flow of flows) {
      if (flow.stalled !== undefined) return `${region} to ${flow.peer}: ${flow.stalled}`
      if (flow.pending !== 0) return `${region} to ${flow.peer}: ${flow.pending ?? 'unknown'} pending`
    }
  }
  const { policy, followedByRegion } = (await policyOf(world, tableName)) ?? {}
  for (const [region, followed] of followedByRegion ?? []) if (followed !== policy) return `${region} follows ${followed}, not ${policy}`
  const digest = await digestTable(world, time, tableName)
  return digest?.converged === true ? undefined : 'the digests differ'
}

export async function finalState(world: World, time: VirtualTime, keyName: (itemKey: Uint8Array) => string): Promise<FinalState> {
  const digest = await digestTable(world, time, tableName)
  const replicas: FinalReplica[] = []
  for (const { region, table } of replicasOf(world, tableName)) {
    const running = world.region(region)?.running
    if (running === undefined) continue
    const siblingsByKey = new Map<string, readonly Version[]>()
    const shownByKey = new Map<string, Version>()
    const imageByKey = new Map<string, Item>()
    let [itemCount, sizeBytes] = [0, 0]
    for (const { key, value } of await entriesOf(running.store, table.number, spaces.items)) {
      const { siblings, shown: chosen } = decodeCell(value)
      const name = keyName(key.subarray(6))
      siblingsByKey.set(name, siblings)
      if (chosen !== undefined) shownByKey.set(name, chosen.version)
      const shown = chosen?.stored
      if (shown === undefined) continue
      imageByKey.set(name, shown.item)
      itemCount++
      sizeBytes += shown.sizeBytes
    }
    const stated = await running.engine.statistics(table)
    const hex = digest?.digestByRegion.get(region)?.hex ?? 'none'
    replicas.push({
      region,
      table: table.number,
      digest: hex,
      siblingsByKey,
      shownByKey,
      imageByKey,
      ...stated,
      counted: { itemCount, sizeBytes },
    })
  }
  return {
    converged: digest?.converged ?? false,
    replicas,
    conflicts: await conflictsOf(world, tableName, 0n),
    policy: (await policyOf(world, tableName))?.policy ?? 'none',
  }
}

async function entriesOf(store: Store, tableNumber: number, space: Space): Promise<readonly Entry[]> {
  const { entries, more } = await store.page(spaceRange(tableNumber, space), { entriesMax: 100_000, bytesMax: 1 << 28 })
  if (more) throw new Error('a simulation with more rows than the checkers read')
  return entries
}

async function countOf(store: Store, tableNumber: number, space: Space): Promise<number> {
  return (await entriesOf(store, tableNumber, space)).length
}
