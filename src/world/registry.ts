import type { Store } from '../storage/store.ts'
import { afterPrefix } from '../storage/store.ts'
import type { GlobalTable } from './global-table.ts'

/** The world's durable list of global tables, in its own store. A change is decided here before any Region hears of it. */
export class Registry {
  readonly #store: Store
  readonly #tableById: Map<string, GlobalTable>

  private constructor(store: Store, tables: readonly GlobalTable[]) {
    this.#store = store
    this.#tableById = new Map(tables.map((table) => [table.globalId, table]))
  }

  static async open(store: Store): Promise<Registry> {
    const tables: GlobalTable[] = []
    let from = prefix
    for (;;) {
      const page = await store.page({ from, to: afterPrefix(prefix) }, { entriesMax: 500, bytesMax: 4 << 20 })
      for (const { value } of page.entries) tables.push(JSON.parse(Buffer.from(value).toString('utf8')) as GlobalTable)
      const last = page.entries.at(-1)
      if (!page.more || last === undefined) return new Registry(store, tables)
      from = Buffer.concat([last.key, Uint8Array.of(0)])
    }
  }

  get(globalId: string): GlobalTable | undefined {
    return this.#tableById.get(globalId)
  }

  tables(): readonly GlobalTable[] {
    return [...this.#tableById.values()]
  }

  /** Settles when the table is recorded durably. */
  async put(table: GlobalTable): Promise<GlobalTable> {
    const value = Buffer.from(JSON.stringify(table), 'utf8')
    await this.#store.transact([], () => ({ writes: [{ key: keyOf(table.globalId), value }], result: undefined }))
    this.#tableById.set(table.globalId, table)
    return table
  }

  async remove(globalId: string): Promise<void> {
    await this.#store.transact([], () => ({ writes: [{ key: keyOf(globalId), value: undefined }], result: undefined }))
    this.#tableById.delete(globalId)
  }
}

const prefix: Uint8Array = Uint8Array.of(0x01)

function keyOf(globalId: string): Uint8Array {
  return Buffer.concat([prefix, Buffer.from(globalId, 'utf8')])
}
