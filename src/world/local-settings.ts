import { regionOf } from '../base/account-region.ts'
import { isManagedKey, keyArnIn } from '../engine/encryption-key.ts'
import type { Billing, Encryption, IndexBlueprint, OnDemandMaximum, TableSettings } from '../engine/table.ts'
import { onDemandSettings } from '../engine/table.ts'
import type { GlobalTable, ReplicaRecord } from './global-table.ts'
import { replicaIn } from './global-table.ts'

/**
 * What replicas share of their settings, and what each may have of its own: read capacity, table class, the key, deletion protection; where they are
 * strongly consistent the stream, too. A global table's record holds what is shared, and what differs from it Region by Region; a Region's table
 * holds what comes out of both.
 */
export function localSettings(global: GlobalTable, region: string, own: TableSettings | undefined): TableSettings {
  const { settings } = global
  const record = replicaIn(global, region)
  if (global.multiAccount === true) {
    const { tableClass, deletionProtection, encryption } = own ?? record?.ownStart ?? onDemandSettings(0)
    const changes = { ...settings.changes, deletionProtectionAtMs: own?.changes.deletionProtectionAtMs }
    return { ...settings, tableClass, deletionProtection, encryption, changes }
  }
  const onDemand = settings.billing.mode === 'PAY_PER_REQUEST'
  return {
    ...settings,
    billing: localBilling(settings.billing, record),
    onDemandMaximum: onDemand ? withReads(settings.onDemandMaximum, record?.onDemandReads) : settings.onDemandMaximum,
    indexes: settings.indexes.map((index) => localIndex(index, onDemand, record)),
    tableClass: record?.tableClassOverride ?? settings.tableClass,
    deletionProtection: own?.deletionProtection ?? false,
    changes: { ...settings.changes, deletionProtectionAtMs: own?.changes.deletionProtectionAtMs },
    encryption: settings.encryption && localEncryption(settings.encryption, own?.encryption, region, record),
    stream: global.consistency === 'STRONG' ? own?.stream : settings.stream,
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
  const switched = before.billing.mode !== after.billing.mode
  const reads = isChangedRead(before.billing, after.billing)
  const onDemandReads = switched || before.onDemandMaximum?.readUnits !== after.onDemandMaximum?.readUnits
  const classed = before.tableClass !== after.tableClass
  const changedReads = changedIndexes(before, after, (index) => index?.throughput?.readUnits)
  const changedMaxima = changedIndexes(before, after, (index) => index?.onDemandMaximum?.readUnits)
  return {
    ...global,
    settings: {
      ...after,
      billing: reads ? after.billing : withReadUnits(after.billing, shared.billing),
      onDemandMaximum: onDemandReads ? after.onDemandMaximum : withReads(after.onDemandMaximum, shared.onDemandMaximum?.readUnits ?? null),
      indexes: after.indexes.map((index) => {
        const known = shared.indexes.find(({ name }) => name === index.name)
        const read = changedReads.has(index.name) ? index : withSharedReads(index, known)
        if (changedMaxima.has(index.name)) return read
        return { ...read, onDemandMaximum: withReads(index.onDemandMaximum, known?.onDemandMaximum?.readUnits ?? null) }
      }),
      tableClass: classed ? after.tableClass : shared.tableClass,
      deletionProtection: shared.deletionProtection,
      stream: global.consistency === 'STRONG' ? shared.stream : after.stream,
    },
    replicas: global.replicas.map((replica) => ({
      ...replica,
      readUnitsOverride: reads ? undefined : replica.readUnitsOverride,
      onDemandReads: onDemandReads ? undefined : replica.onDemandReads,
      tableClassOverride: classed ? undefined : replica.tableClassOverride,
      indexReadUnits: without(replica.indexReadUnits, changedReads),
      indexOnDemandReads: without(replica.indexOnDemandReads, changedMaxima),
    })),
  }
}

/** The indexes of which something differs, by name. */
function changedIndexes(
  before: TableSettings,
  after: TableSettings,
  of: (index: IndexBlueprint | undefined) => number | undefined,
): ReadonlySet<string> {
  const changed = after.indexes.filter((index) => of(index) !== of(before.indexes.find(({ name }) => name === index.name)))
  return new Set(changed.map(({ name }) => name))
}

function without<T>(byName: Readonly<Record<string, T>> = {}, names: ReadonlySet<string>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(byName).filter(([name]) => !names.has(name)))
}

function localBilling(billing: Billing, record: ReplicaRecord | undefined): Billing {
  const readUnits = record?.readUnitsOverride
  return billing.mode === 'PROVISIONED' && readUnits !== undefined ? { ...billing, readUnits } : billing
}

function localIndex(index: IndexBlueprint, onDemand: boolean, record: ReplicaRecord | undefined): IndexBlueprint {
  const maximum = index.kind === 'global' && onDemand ? record?.indexOnDemandReads?.[index.name] : undefined
  const onDemandMaximum = withReads(index.onDemandMaximum, maximum)
  const readUnits = record?.indexReadUnits?.[index.name]
  const throughput = index.throughput === undefined || readUnits === undefined ? index.throughput : { ...index.throughput, readUnits }
  return { ...index, throughput, onDemandMaximum }
}

/** @param readUnits undefined: as it is; `null`: no maximum */
function withReads(maximum: OnDemandMaximum | undefined, readUnits: number | null | undefined): OnDemandMaximum | undefined {
  if (readUnits === undefined || (maximum?.readUnits ?? null) === readUnits) return maximum
  return { writeUnits: maximum?.writeUnits, readUnits: readUnits ?? undefined }
}

/** Whose the key is, AWS's or a customer's, is shared; the key itself is the Region's, and where none was named, one of the same id. */
function localEncryption(shared: Encryption, own: Encryption | undefined, region: string, record: ReplicaRecord | undefined): Encryption {
  const managed = isManagedKey(shared.keyArn)
  if (own !== undefined && isManagedKey(own.keyArn) === managed) return own
  const named = managed ? undefined : record?.keyArn
  return { ...shared, keyArn: named ?? keyArnIn(regionOf(region), shared.keyArn) }
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
