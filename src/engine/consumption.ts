import type { Table } from './table.ts'

/**
 * Capacity that clients consumed of the tables that are scaled by it, since somebody last looked. Written by who charges requests, read by who scales;
 * one for all Regions, since tables have ids of their own.
 */
export class Consumption {
  readonly #unitsByKey = new Map<string, number>()

  /** @param index undefined: the table itself */
  add(table: Table, kind: CapacityKind, index: string | undefined, units: number): void {
    const key = keyOf(table, kind, index)
    this.#unitsByKey.set(key, (this.#unitsByKey.get(key) ?? 0) + units)
  }

  take(table: Table, kind: CapacityKind, index: string | undefined): number {
    const key = keyOf(table, kind, index)
    const units = this.#unitsByKey.get(key) ?? 0
    this.#unitsByKey.delete(key)
    return units
  }

  /** Forgets what nobody takes: that of tables which are gone, or are scaled no more. */
  clear(): void {
    this.#unitsByKey.clear()
  }
}

export type CapacityKind = 'read' | 'write'

function keyOf({ id }: Table, kind: CapacityKind, index = ''): string {
  return `${id}/${kind}/${index}`
}
