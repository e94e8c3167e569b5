import type { Table } from '../../../engine/table.ts'
import type { ConsumedCapacity, ReturnConsumedCapacity, WriteWork } from './consumed-capacity.ts'
import { consumedByTransaction, consumedByWrites, consumedCapacity, consumptionOf } from './consumed-capacity.ts'

/** What several reads or writes consumed, told table by table in the order in which they are first named. */
export class ConsumptionByTable {
  readonly #wanted: ReturnConsumedCapacity
  readonly #byName = new Map<string, { readonly table: Table; units: number; readonly works: WriteWork[] }>()

  constructor(wanted: ReturnConsumedCapacity) {
    this.#wanted = wanted
  }

  /** @param name the table as the client named it */
  read(name: string, table: Table, units: number): void {
    this.#of(name, table).units += units
  }

  write(name: string, table: Table, work: WriteWork): void {
    this.#of(name, table).works.push(work)
  }

  /** Of what is carried out one by one. */
  reports(): readonly ConsumedCapacity[] | undefined {
    return this.#told((name, table, units, works) =>
      works.length === 0 ? consumedCapacity(this.#wanted, name, units) : consumedByWrites(this.#wanted, name, table, works),
    )
  }

  /** Of a transaction, where writes cost twice; reads come with what they cost in one. */
  reportsOfTransaction(kind: 'ReadCapacityUnits' | 'WriteCapacityUnits'): readonly ConsumedCapacity[] | undefined {
    return this.#told((name, table, units, works) => {
      const consumption = works.length === 0 ? { table: units, indexes: new Map() } : consumptionOf(table, works, 2)
      return consumedByTransaction(this.#wanted, name, consumption, kind)
    })
  }

  #told(
    tell: (name: string, table: Table, units: number, works: readonly WriteWork[]) => ConsumedCapacity | undefined,
  ): readonly ConsumedCapacity[] | undefined {
    if (this.#wanted === undefined || this.#wanted === 'NONE') return undefined
    return [...this.#byName].flatMap(([name, { table, units, works }]) => tell(name, table, units, works) ?? [])
  }

  #of(name: string, table: Table) {
    const known = this.#byName.get(name) ?? { table, units: 0, works: [] }
    this.#byName.set(name, known)
    return known
  }
}
