import type { GlobalTable } from './global-table.ts'
import { replicaBlueprint } from './replica-creation.ts'
import type { ReplicaSteps } from './replica-steps.ts'

/**
 * What carries the reads and writes of strongly consistent tables. Their replicas are made and removed here, and are no members of each other's
 * eventual replication.
 */
export interface StrongPath {
  /** The replicas are there, empty, and none serves a client yet, but for the first, which is not written to either. Settles when they may. */
  begin(table: GlobalTable): Promise<void>
  /** The group ends. Settles when `region`, which keeps the table, has all that was acknowledged anywhere. */
  end(table: GlobalTable, region: string): Promise<void>
}

/** Makes all replicas that are recorded as CREATING, and the witness, and then all of them ACTIVE at once. */
export async function createStrong(steps: ReplicaSteps, path: StrongPath, globalId: string): Promise<void> {
  const table = steps.table(globalId)
  const making = table?.replicas.filter(({ status }) => status === 'CREATING') ?? []
  const [first] = making
  if (table === undefined || first === undefined) return
  const { strong, madeMs } = steps.pace
  const activeMs = table.witness === undefined ? strong.activeMs : strong.witnessedMs
  await steps.until(first.createdAtMs + Math.min(madeMs, activeMs))
  for (const { region } of making) {
    await steps.onRegion(table, region, async ({ engine, replication }) => {
      const made = engine.table(table.name) ?? (await engine.createTable(replicaBlueprint(table, region), 'CREATING', globalId))
      if (made?.globalId !== globalId) throw new Error(`${region} has another table named ${table.name}`)
      if (replication.replica(globalId) === undefined) await replication.add(made)
    })
  }
  await path.begin(table)
  await steps.until(first.createdAtMs + activeMs)
  for (const { region } of making) {
    await steps.onRegion(table, region, ({ engine }) => engine.changeTable(table.name, () => ({ status: 'ACTIVE' })))
  }
  await steps.registry.change(globalId, (now) => ({
    ...now,
    witness: now.witness && { ...now.witness, status: 'ACTIVE' },
    replicas: now.replicas.map((replica) => ({ ...replica, status: 'ACTIVE' as const })),
  }))
  steps.log.info('strong-replicas-active', { table: table.name, regions: making.map(({ region }) => region).join(' ') })
  await steps.share(globalId)
}

/** Removes all replicas that are recorded as DELETING, and the witness. The one that stays is a table of its Region. */
export async function removeStrong(steps: ReplicaSteps, path: StrongPath, globalId: string): Promise<void> {
  const table = steps.table(globalId)
  const going = table?.replicas.filter(({ status }) => status === 'DELETING') ?? []
  const kept = table?.replicas.find(({ status }) => status === 'ACTIVE')
  const [first] = going
  if (table === undefined || first === undefined || kept === undefined) return
  const { goesAtMs = 0 } = first
  await steps.until(goesAtMs)
  for (const { region } of going) {
    await steps.onRegion(table, region, async ({ engine }) => {
      if (engine.table(table.name)?.globalId === globalId) await engine.changeTable(table.name, () => ({ status: 'DELETING' }))
    })
  }
  await path.end(table, kept.region)
  await steps.until(goesAtMs + steps.pace.strong.goneMs)
  for (const { region } of going) await steps.drop(table, region)
  await steps.registry.change(globalId, () => undefined)
  steps.log.info('strong-replicas-removed', { table: table.name, kept: kept.region })
}
