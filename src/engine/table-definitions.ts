import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { uuid } from '../base/random.ts'
import { pagesOf } from '../storage/pages.ts'
import type { Range, Store, Write } from '../storage/store.ts'
import type { Backup } from './backup.ts'
import { backupId, newBackupWrites, SYSTEM_BACKUP_DAYS } from './backup.ts'
import { changeHeadKey, decodeChangeHead, encodeChangeHead, sequenceAt, timeOfSequence } from './change-log.ts'
import { definitionKey, definitions, droppedKey, endedKey, endedTables, nextTableNumberKey, numberFrom, numberWrite } from './keyspace.ts'
import { followSettings } from './follow-settings.ts'
import type { Filling, OwnSettings, Table, TableBlueprint } from './table.ts'
import { decodeTable, encodeTable, noOwnSettings } from './table.ts'
import type { Versioning } from './versioning.ts'

export type TableChange = Partial<
  Pick<
    Table,
    | 'status'
    | 'settling'
    | 'settings'
    | 'tags'
    | 'globalId'
    | 'own'
    | 'indexes'
    | 'expiry'
    | 'streams'
    | 'filling'
    | 'logReaders'
    | 'ordered'
    | 'suspended'
  >
>

/**
 * The definitions of a Region's tables: durable rows, and in memory what they say.
 *
 * A changed definition is followed as soon as its row is flushed. Writes that were decided before that followed the old one; so
 * whoever must know that the new one is followed by all makes one more transaction, and reads after it.
 */
export class TableDefinitions {
  readonly #store: Store
  readonly #versioning: Versioning
  readonly #clock: Clock
  readonly #random: Random
  readonly #lifecycleDelayMs: number
  /** Tables that were dropped and whose streams can still be read; oldest first. */
  readonly #ended: Map<number, Table>
  readonly #tableByName: Map<string, Table>
  readonly #tableByNumber: Map<number, Table>
  readonly #listeners: ((table: Table) => void)[] = []

  private constructor(options: DefinitionsOptions, tables: readonly Table[], ended: readonly Table[]) {
    this.#lifecycleDelayMs = options.lifecycleDelayMs ?? 0
    this.#ended = new Map(ended.map((table) => [table.number, table]))
    this.#store = options.store
    this.#versioning = options.versioning
    this.#clock = options.clock
    this.#random = options.random
    this.#tableByName = new Map(tables.map((table) => [table.name, table]))
    this.#tableByNumber = new Map(tables.map((table) => [table.number, table]))
  }

  static async open(options: DefinitionsOptions): Promise<TableDefinitions> {
    return new TableDefinitions(options, await readTables(options.store, definitions), await readTables(options.store, endedTables))
  }

  get(name: string): Table | undefined {
    return this.#tableByName.get(name)
  }

  /** The table as it is now; undefined once it is dropped. */
  byNumber(tableNumber: number): Table | undefined {
    return this.#tableByNumber.get(tableNumber)
  }

  /** By name in the order of its UTF-16 code units. */
  all(): readonly Table[] {
    return [...this.#tableByName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Tables that were dropped and whose streams are kept; by number, so the latest of a name comes last. */
  ended(): readonly Table[] {
    return [...this.#ended.values()]
  }

  /** Lets go of a dropped table for good. Its rows are somebody else's. */
  async forget({ number }: Table): Promise<void> {
    await this.#store.transact([], () => ({ writes: [{ key: endedKey(number), value: undefined }], result: undefined }))
    this.#ended.delete(number)
  }

  /** Calls `listener` with each new or changed definition, once it is followed. */
  onChange(listener: (table: Table) => void): void {
    this.#listeners.push(listener)
  }

  /** Makes a table; undefined when there is one of that name. A replica takes its `globalId` from the table it is made from. */
  async create(blueprint: TableBlueprint, { status, globalId, filling }: Beginning): Promise<Table | undefined> {
    const id = uuid(this.#random)
    const createdAtMs = this.#clock.nowMs()
    const key = definitionKey(blueprint.name)
    const table = await this.#store.transact<Table | undefined>([key, nextTableNumberKey], ([existing, next]) => {
      if (existing !== undefined) return { writes: [], result: undefined }
      const number = numberFrom(next)
      const empty: Table = {
        own: noOwnSettings,
        ...blueprint,
        number,
        id,
        globalId: globalId ?? id,
        status,
        createdAtMs,
        indexes: [],
        expiry: undefined,
        streams: [],
        derivedSetsMade: 0,
        filling,
        logReaders: [],
        ordered: false,
      }
      const created = followSettings(empty, createdAtMs, 'empty', 0, this.#lastLabel(blueprint.name))
      return {
        writes: [
          { key, value: encodeTable(created) },
          numberWrite(number),
          { key: this.#versioning.replicaKey(created), value: this.#versioning.newReplicaRow() },
          ...(created.streams.length > 0 ? [logFrom(number, createdAtMs)] : []),
        ],
        result: created,
      }
    })
    if (table !== undefined) this.#follow(table)
    return table
  }

  /**
   * Changes a definition; undefined when the table is gone. The keys, the number and the ids cannot change.
   *
   * The change is made at a time that no change in the table's log has reached, and that all later ones are beyond when streams or destinations begin,
   * end or split in it, or recovery begins: the time then parts the log exactly, whatever the clock does.
   */
  async change(name: string, change: (table: Table, atMs: number) => TableChange): Promise<Table | undefined> {
    const key = definitionKey(name)
    const number = this.#tableByName.get(name)?.number
    if (number === undefined) return undefined
    const nowMs = this.#clock.nowMs()
    const changed = await this.#store.transact<Table | undefined>([key, changeHeadKey(number)], ([row, head]) => {
      const table = row && decodeTable(row)
      if (table?.number !== number) return { writes: [], result: undefined }
      const atMs = Math.max(nowMs, timeOfSequence(decodeChangeHead(head)) + 1)
      const result = followSettings({ ...table, ...change(table, atMs) }, atMs, 'filled', this.#lifecycleDelayMs, this.#lastLabel(name))
      const definition: Write = { key, value: encodeTable(result) }
      const parts = partsLog(result.own, table.own) || result.streams !== table.streams
      return { writes: parts ? [definition, logFrom(number, atMs)] : [definition], result }
    })
    if (changed !== undefined) this.#follow(changed)
    return changed
  }

  /**
   * Removes a definition; undefined when it is gone already. Its streams end, and what is needed to read them is kept; the log gets no later
   * change, since nobody can write to the table any more. A table with point-in-time recovery leaves a backup of its last state, which begins in the
   * same transaction.
   * @param backupMs when that is made
   */
  async drop(known: Table, backupMs: number): Promise<Dropped | undefined> {
    const { name } = known
    const key = definitionKey(name)
    const replicaKey = this.#versioning.replicaKey(known)
    const nowMs = this.#clock.nowMs()
    const keys = [key, replicaKey, changeHeadKey(known.number), nextTableNumberKey]
    const dropped = await this.#store.transact<(Dropped & { ended: Table | undefined }) | undefined>(
      keys,
      ([row, replicaRow, head, next]) => {
        const table = row && decodeTable(row)
        if (table?.number !== known.number) return { writes: [], result: undefined }
        const atMs = Math.max(nowMs, timeOfSequence(decodeChangeHead(head)) + 1)
        const ended = endedOf(table, atMs)
        const writes: Write[] = [
          { key, value: undefined },
          { key: droppedKey(table.number), value: new Uint8Array(0) },
          { key: replicaKey, value: undefined },
          ...(ended === undefined ? [] : [{ key: endedKey(table.number), value: encodeTable(ended) }, logFrom(table.number, atMs)]),
        ]
        if (table.own.recovery === undefined || replicaRow === undefined) return { writes, result: { table, backup: undefined, ended } }
        const backup: Backup = {
          id: backupId(backupMs, '00000000'),
          kind: 'SYSTEM',
          name: `${name}$DeletedTableBackup`,
          status: 'CREATING',
          createdAtMs: backupMs,
          expiresAtMs: backupMs + SYSTEM_BACKUP_DAYS * dayMs,
          table,
          upTo: String(decodeChangeHead(head)),
          statistics: this.#versioning.statistics(replicaRow),
          number: numberFrom(next),
        }
        return { writes: [...writes, ...newBackupWrites(backup)], result: { table, backup, ended } }
      },
    )
    if (dropped === undefined) return undefined
    this.#tableByName.delete(name)
    this.#tableByNumber.delete(known.number)
    if (dropped.ended !== undefined) this.#ended.set(known.number, dropped.ended)
    return dropped
  }

  /** No two streams may have one name, though their tables do. */
  #lastLabel(tableName: string): string | undefined {
    let last: string | undefined
    for (const { name, streams } of this.#ended.values()) {
      const label = name === tableName ? streams.at(-1)?.label : undefined
      if (label !== undefined && (last === undefined || label > last)) last = label
    }
    return last
  }

  #follow(table: Table): void {
    this.#tableByName.set(table.name, table)
    this.#tableByNumber.set(table.number, table)
    for (const listener of this.#listeners) listener(table)
  }
}

export interface Dropped {
  readonly table: Table
  /** Of its last state; the items are still to be copied. */
  readonly backup: Backup | undefined
}

/** How the life of a table begins. */
export interface Beginning {
  readonly status: Table['status']
  readonly globalId: string | undefined
  readonly filling: Filling | undefined
}

function partsLog(now: OwnSettings, before: OwnSettings): boolean {
  return now.destinations !== before.destinations || now.recovery?.sinceMs !== before.recovery?.sinceMs
}

/** What stays of a table for the readers of its streams; undefined when it had none. */
function endedOf(table: Table, atMs: number): Table | undefined {
  const last = table.streams.at(-1)
  if (last === undefined) return undefined
  const streams = last.endedAtMs === undefined ? [...table.streams.slice(0, -1), { ...last, endedAtMs: atMs }] : table.streams
  return { ...table, status: 'DELETING', streams, indexes: [], expiry: undefined, own: noOwnSettings }
}

async function readTables(store: Store, range: Range): Promise<Table[]> {
  const tables: Table[] = []
  for await (const page of pagesOf(store, range, readPage)) for (const { value } of page) tables.push(decodeTable(value))
  return tables
}

/** Makes all later changes of a table later than `ms` in its log. */
function logFrom(tableNumber: number, ms: number): Write {
  return { key: changeHeadKey(tableNumber), value: encodeChangeHead(sequenceAt(ms)) }
}

export interface DefinitionsOptions {
  readonly store: Store
  readonly versioning: Versioning
  readonly clock: Clock
  readonly random: Random
  /** How long an index that is added or removed takes at least. */
  readonly lifecycleDelayMs?: number
}

const readPage = { entriesMax: 200, bytesMax: 1 << 20 }
const dayMs = 24 * 3600 * 1000
