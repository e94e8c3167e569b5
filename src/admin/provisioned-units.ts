import type { Table, Units } from '../engine/table.ts'

export interface ProvisionedUnits {
  /** Undefined: the table itself. */
  readonly index: string | undefined
  readonly units: Units
}

/** What is provisioned for a table and each of its global indexes; nothing on demand. An index without units of its own has its table's. */
export function provisionedUnits({ settings: { billing }, indexes }: Table): readonly ProvisionedUnits[] {
  if (billing.mode !== 'PROVISIONED') return []
  const ofIndexes = indexes
    .filter(({ kind }) => kind === 'global')
    .map(({ name, throughput }) => ({ index: name, units: throughput ?? billing }))
  return [{ index: undefined, units: billing }, ...ofIndexes]
}
