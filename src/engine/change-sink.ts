import type { ChangeRecord } from './change-log.ts'
import type { Destination, Table } from './table.ts'

/** Where changes go. Implemented by who knows files and networks. */
export interface ChangeSink {
  /** Why nothing can be delivered there at all; undefined when it can be tried. */
  refusal(region: string, target: string): string | undefined
  /**
   * Settles when the changes are safe at the other end, all of them; rejects when they may not be. They may come again, and those of one item never
   * before earlier ones.
   */
  deliver(batch: ChangeBatch): Promise<void>
}

export interface ChangeBatch {
  readonly region: string
  readonly table: Table
  readonly destination: Destination
  /** In the order of the log. */
  readonly changes: readonly ChangeRecord[]
}
