import type { Billing, IndexBlueprint, TableSettings, Units, Warm } from './table.ts'

/** What a table or an index can take at once: it follows from the throughput, and never falls. */

/** A table, or one of its global indexes, with what its warm throughput follows from. */
export interface Warmed {
  /** Undefined: on demand. */
  readonly provisioned: Units | undefined
  readonly warm: Warm | undefined
}

export function warmedTable({ billing, warm }: Pick<TableSettings, 'billing' | 'warm'>): Warmed {
  return { provisioned: billing.mode === 'PROVISIONED' ? billing : undefined, warm }
}

export function warmedIndex({ throughput, warm }: Pick<IndexBlueprint, 'throughput' | 'warm'>, billing: Billing): Warmed {
  return { provisioned: billing.mode === 'PROVISIONED' ? throughput : undefined, warm }
}

/** What a new on-demand table or index can take. */
export const onDemandUnits: Units = { readUnits: 12_000, writeUnits: 4_000 }

export function warmUnits({ provisioned = onDemandUnits, warm }: Warmed): Units {
  return warm === undefined ? provisioned : higher(provisioned, warm)
}

/** What stays warm when the throughput changes from `before` to `after`; undefined: nothing beyond what follows from it. */
export function stillWarm(before: Warmed, after: Warmed): Warm | undefined {
  const units = higher(warmUnits(before), warmUnits(after))
  const plain = after.provisioned ?? onDemandUnits
  if (units.readUnits === plain.readUnits && units.writeUnits === plain.writeUnits && before.warm === undefined) return undefined
  return { ...units, raised: after.warm?.raised }
}

function higher(a: Units, b: Units): Units {
  return { readUnits: Math.max(a.readUnits, b.readUnits), writeUnits: Math.max(a.writeUnits, b.writeUnits) }
}
