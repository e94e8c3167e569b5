import { regionOf } from '../base/account-region.ts'
import type { Billing, Encryption, IndexBlueprint, TableSettings } from '../engine/table.ts'
import { onDemandSettings } from '../engine/table.ts'
import type { GlobalTable, ReplicaRecord } from './global-table.ts'
import { replicaIn } from './global-table.ts'

/**
 * What replicas share of their settings, and what each may have of its own: read capacity, table class, the key, deletion protection. A global
 * table's record holds what is shared, and what differs from it Region by Region; a Region's table holds what comes out of both.
 */
export function localSettings(global: GlobalTable, region: string, own: TableSettings | undefined): TableSettings {
  const { settings } = global
  const record = replicaIn(global, region)
  if (global.multiAccount === true) {
    const { tableClass, deletionProtection, encryption } = own ?? record?.ownStart ?? onDemandSettings(0)
    return { ...settings, tableClass, deletionProtection, encryption }
  }
  return {
    ...settings,
    billing: localBilling(settings.billing, record),
    indexes: settings.indexes.map((index) => localIndex(index, record)),
    tableClass: record?.tableClassOverride ?? settings.tableClass,
    deletionProtection: own?.deletionProtection ?? false,
    encryption: settings.encryption && (own?.encryption ?? ofRegion(settings.encryption, region)),
  }
}

/**
 * The record after a change that a client of one Region made. What it set overwrites what differed elsewhere; what it did not touch stays, here and
 * there (developer guide, "Global tables: how settings are synchronised").
 * @param before the Region's settings that the change was judged on
 */
export function withSharedChange(global: GlobalTable, before: TableSettings, after: TableSettings): GlobalTable {
  const shared = global.settings
  if (global.multiAccount === true) {
    const { tableClass, deletionProtection, encryption } = shared
    return { ...global, settings: { ...after, tableClass, deletionProtection, encryption } }
  }
  const reads = isChangedRead(before.billing, after.billing)
  const classed = before.tableClass !== after.tableClass
  const changedIndexes = new Set(
    after.indexes
      .filter((index) => readUnitsOf(index) !== readUnitsOf(before.indexes.find(({ name }) => name === index.name)))
      .map(({ name }) => name),
  )
  return {
    ...global,
    settings: {
      ...after,
      billing: reads ? after.billing : withReadUnits(after.billing, shared.billing),
      indexes: after.indexes.map((index) =>
        changedIndexes.has(index.name)
          ? index
          : withSharedReads(
              index,
              shared.indexes.find(({ name }) => name === index.name),
            ),
      ),
      tableClass: classed ? after.tableClass : shared.tableClass,
      deletionProtection: shared.deletionProtection,
    },
    replicas: global.replicas.map((replica) => ({
      ...replica,
      readUnitsOverride: reads ? undefined : replica.readUnitsOverride,
      tableClassOverride: classed ? undefined : replica.tableClassOverride,
      indexReadUnits: Object.fromEntries(Object.entries(replica.indexReadUnits ?? {}).filter(([name]) => !changedIndexes.has(name))),
    })),
  }
}

function localBilling(billing: Billing, record: ReplicaRecord | undefined): Billing {
  const readUnits = record?.readUnitsOverride
  return billing.mode === 'PROVISIONED' && readUnits !== undefined ? { ...billing, readUnits } : billing
}

function localIndex(index: IndexBlueprint, record: ReplicaRecord | undefined): IndexBlueprint {
  const readUnits = record?.indexReadUnits?.[index.name]
  return index.throughput === undefined || readUnits === undefined ? index : { ...index, throughput: { ...index.throughput, readUnits } }
}

/** A key of the same id stands for the shared one: keys belong to a Region. */
function ofRegion(encryption: Encryption, region: string): Encryption {
  return { ...encryption, keyArn: encryption.keyArn.replace(/^(arn:[^:]*:kms):[^:]*/, `$1:${regionOf(region)}`) }
}

function isChangedRead(before: Billing, after: Billing): boolean {
  if (before.mode !== 'PROVISIONED' || after.mode !== 'PROVISIONED') return before.mode !== after.mode
  return before.readUnits !== after.readUnits
}

function withReadUnits(billing: Billing, from: Billing): Billing {
  return billing.mode === 'PROVISIONED' && from.mode === 'PROVISIONED' ? { ...billing, readUnits: from.readUnits } : billing
}

function withSharedReads(index: IndexBlueprint, shared: IndexBlueprint | undefined): IndexBlueprint {
  const readUnits = shared?.throughput?.readUnits
  return index.throughput === undefined || readUnits === undefined ? index : { ...index, throughput: { ...index.throughput, readUnits } }
}

function readUnitsOf(index: IndexBlueprint | undefined): number | undefined {
  return index?.throughput?.readUnits
}
