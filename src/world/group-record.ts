import { regionOf } from '../base/account-region.ts'
import type { AutoScaling, Table, TableSettings } from '../engine/table.ts'
import { soleMember } from '../replication/membership.ts'
import { policyTag } from '../replication/policy-text.ts'
import type { GlobalTable, ReplicaRecord } from './global-table.ts'
import type { Regions } from './regions.ts'

/** How the record of a table begins, and what becomes of its settings when it gets its replicas. */

/** A regional table as the record of a global one with a single replica. */
export function asGlobal(regions: Regions, table: Table, region: string): GlobalTable {
  const membership = regions.running(region)?.versions.membership(table.number) ?? soleMember(region)
  const first: ReplicaRecord = {
    region,
    status: 'ACTIVE',
    createdAtMs: table.createdAtMs,
    source: undefined,
    readUnitsOverride: undefined,
    tableClassOverride: undefined,
  }
  return {
    globalId: table.globalId,
    name: table.name,
    schema: table.schema,
    attributeDefinitions: table.attributeDefinitions,
    settings: table.settings,
    membership: { ...membership, policy: table.tags[policyTag] },
    consistency: 'EVENTUAL',
    witness: undefined,
    replicas: [first],
  }
}

/** A replicated table has a stream; one that it has already stays as it is (observed on AWS, 2026-10). */
export function withStream(settings: TableSettings): TableSettings {
  return { ...settings, stream: settings.stream ?? 'NEW_AND_OLD_IMAGES' }
}

/** A new replica's reads are scaled as those of its source. */
export function withReadScaling(settings: TableSettings, source: string, region: string): TableSettings {
  const { autoScaling } = settings
  if (autoScaling === undefined) return settings
  const copied = ({ readByRegion }: Pick<AutoScaling, 'readByRegion'>): AutoScaling['readByRegion'] => {
    const reads = readByRegion[regionOf(source)]
    return reads === undefined ? readByRegion : { ...readByRegion, [regionOf(region)]: reads }
  }
  const indexes = Object.entries(autoScaling.indexes).map(([name, each]) => [name, { ...each, readByRegion: copied(each) }] as const)
  return { ...settings, autoScaling: { ...autoScaling, readByRegion: copied(autoScaling), indexes: Object.fromEntries(indexes) } }
}
