import type { Table } from './table.ts'
import type { TableDefinitions } from './table-definitions.ts'

/**
 * Who reads a table at length: backups that are being taken, restores to a point in time. While one does,
 *
 *   - every change of the table's items is in its change log, and nothing of the log is trimmed: its id stands in the definition;
 *   - the table's rows stay, also when the table is dropped: its id stands here, by the number of the rows.
 *
 * After a restart those are entered again whose jobs are durable; an id of nobody is struck out of the definition.
 */
export class TableReaders {
  readonly #definitions: TableDefinitions
  readonly #idsByNumber = new Map<number, Set<string>>()

  constructor(definitions: TableDefinitions) {
    this.#definitions = definitions
  }

  /** When it settles, all later changes are logged. Returns the table as it is then; undefined when it is gone. */
  async begin({ name, number }: Table, id: string): Promise<Table | undefined> {
    this.enter(number, id)
    const table = await this.#definitions.change(name, (now) => (now.number === number ? { logReaders: [...now.logReaders, id] } : {}))
    if (table?.number === number) return table
    this.leave(number, id)
    return undefined
  }

  /** What was kept of a table that was dropped goes at the next look for such rows. */
  async end({ number }: Table, id: string): Promise<void> {
    await this.#strikeOut(number, (reader) => reader === id)
    this.leave(number, id)
  }

  /** Enters one that reads rows only, or whose id stands in the definition already. */
  enter(tableNumber: number, id: string): void {
    const ids = this.#idsByNumber.get(tableNumber) ?? new Set<string>()
    this.#idsByNumber.set(tableNumber, ids.add(id))
  }

  leave(tableNumber: number, id: string): void {
    const ids = this.#idsByNumber.get(tableNumber)
    ids?.delete(id)
    if (ids?.size === 0) this.#idsByNumber.delete(tableNumber)
  }

  /** Whether anybody reads the rows under this number. */
  any(tableNumber: number): boolean {
    return this.#idsByNumber.has(tableNumber)
  }

  /** Lets go of logs that are kept for readers that are no more. */
  async forgetOutlived(): Promise<void> {
    for (const { number } of this.#definitions.all()) {
      await this.#strikeOut(number, (reader) => this.#idsByNumber.get(number)?.has(reader) !== true)
    }
  }

  async #strikeOut(number: number, which: (reader: string) => boolean): Promise<void> {
    const table = this.#definitions.byNumber(number)
    if (table?.logReaders.some(which) !== true) return
    await this.#definitions.change(table.name, (now) =>
      now.number === number ? { logReaders: now.logReaders.filter((reader) => !which(reader)) } : {},
    )
  }
}
