import type { RegionEngine } from './region-engine.ts'
import type { FilledRow } from './stored-item.ts'
import type { Json, Table } from './table.ts'

/**
 * New tables whose rows are written by a job before anybody sees them: restored from a backup or to a point in time, imported.
 *
 *     createFilledTable ─── CREATING, `filling` says which job ─── fill ─── filled: ACTIVE, without `filling`
 *                                      │        ▲                   └────── failed: the table is discarded
 *                                      └ crash ─┘  the job is called again, with the state that it recorded last
 *
 * The rows are ordinary local writes, so indexes, statistics and whatever else follows from items is right at any moment, and the table can get
 * replicas later. Items can be neither read nor written by clients meanwhile.
 */
export interface TableFiller {
  /** Writes the rows. It is called again after every interruption, and must then come to the same result. */
  fill(job: FillJob): Promise<FillOutcome>
  /** Is called when the table is `ACTIVE`, or discarded. After a crash in between it is not. */
  ended?(job: FillJob): Promise<void>
}

/** By the `kind` of {@link Filling}. */
export type TableFillers = Readonly<Record<string, TableFiller>>

/**
 * `interrupted`: the job was given up, or the table is gone; `failed`: the table will never be complete. What is thrown is logged, and the job
 * is called again after a while.
 */
export type FillOutcome = { readonly kind: 'filled' | 'interrupted' } | { readonly kind: 'failed'; readonly reason: string }

export type { FilledRow }

export class FillJob {
  readonly engine: RegionEngine
  readonly table: Table
  readonly #isClosed: () => boolean

  constructor(engine: RegionEngine, table: Table, isClosed: () => boolean) {
    this.engine = engine
    this.table = table
    this.#isClosed = isClosed
  }

  /** What was recorded last. */
  get state(): Json {
    return this.engine.current(this.table)?.filling?.state ?? this.table.filling?.state ?? null
  }

  /** Whether the job shall end as soon as it can, and say that it was interrupted. */
  get givenUp(): boolean {
    return this.#isClosed() || this.engine.current(this.table) === undefined
  }

  /**
   * Writes items, or removes them, each key at most once. They become durable in this order, so after a crash those that are there are the first ones.
   * Settles when all are. @returns why not, when one could not be written
   */
  async write(rows: readonly FilledRow[]): Promise<'written' | 'gone' | 'collection-full'> {
    const outcomes = await Promise.all(
      rows.map(({ itemKey, item }) =>
        this.engine.write(this.table, itemKey, () =>
          item === undefined ? { kind: 'delete', result: undefined } : { kind: 'put', item, result: undefined },
        ),
      ),
    )
    for (const { kind } of outcomes) {
      if (kind === 'gone' || kind === 'collection-full') return kind
      // Nobody else writes a table that is being filled, so it cannot be; if it was, the row is not there, and must not be taken for written.
      if (kind !== 'written') throw new Error(`a row of ${this.table.name} could not be written: ${kind}`)
    }
    return 'written'
  }

  /** Records where the job goes on after an interruption. What was written before is durable by then. */
  async record(state: Json): Promise<void> {
    await this.engine.changeTable(this.table.name, ({ number, filling }) =>
      number === this.table.number && filling !== undefined ? { filling: { ...filling, state } } : {},
    )
  }
}
