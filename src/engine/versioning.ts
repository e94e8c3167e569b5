import type { ItemEdit } from '../item/item-edit.ts'
import type { Key, Value, Write } from '../storage/store.ts'
import type { StoredItem } from './stored-item.ts'
import type { Table } from './table.ts'

/**
 * How the copies of an item are kept. The engine judges conditions on what is shown and hands over what a client wrote; what a
 * cell holds beside that (which writes it has seen, which lost, who else must hear of it) is not its business.
 */
export interface Versioning {
  /** The row that every write of the table reads and writes beside the item's. */
  replicaKey(table: Table): Key

  /** That row of a new, empty table. */
  newReplicaRow(): Value

  /** False once the replica takes no more writes, because it is being removed. */
  accepts(replicaRow: Value): boolean

  /** What a read of this cell returns; undefined when it shows no item. */
  shown(table: Table, cell: Value): StoredItem | undefined

  /** Why this Region may not make a client's change, said to the client; undefined: it may. */
  refusal(change: Pick<LocalChange, 'table' | 'itemKey' | 'before' | 'after'>): string | undefined

  /** A client was shown what this cell shows. */
  noteRead(cell: Value): void

  /** The Region whose write this cell shows. */
  writtenIn(cell: Value): string
  /** A moment for a local write, taken when it arrives. */
  arrival(): Arrival

  /** What makes a client's change: the replica row as it is then, and the writes of the cell and whatever must be remembered about it. */
  change(change: LocalChange): { readonly replicaRow: Value; readonly writes: readonly Write[] }

  /** Items and bytes that the replica shows. */
  statistics(replicaRow: Value): Statistics
}

/** When a write arrived, by the Region's own clock. Opaque to the engine. */
export interface Arrival {
  readonly timestamp: bigint
  readonly committedAtMs: number
}

export interface LocalChange {
  readonly table: Table
  readonly arrival: Arrival
  /** The item key, without the table's prefix. */
  readonly itemKey: Uint8Array
  /** The storage key of the cell. */
  readonly cellKey: Key
  readonly cell: Value | undefined
  readonly replicaRow: Value
  /** What the cell showed before. */
  readonly before: StoredItem | undefined
  /** What it shall show; undefined deletes. */
  readonly after: StoredItem | undefined
  /** What the verdict closes. */
  readonly closes?: readonly Uint8Array[] | undefined
  /** What an update was told to do, place by place; undefined: the item was put as a whole, or deleted. */
  readonly edits?: (() => readonly ItemEdit[]) | undefined
  /** Had something else been there, something else would have come of it: another write that makes the same does not stand for it. */
  readonly relative: boolean
}

export interface Statistics {
  readonly itemCount: number
  readonly sizeBytes: number
}
