import type { Random } from '../base/random.ts'
import { hex64 } from '../base/random.ts'
import { pagesOf } from '../storage/pages.ts'
import type { Store, Write } from '../storage/store.ts'
import type { Backup, BackupName } from './backup.ts'
import { allBackups, backupId, backupKey, decodeBackup, encodeBackup, encodeBackupItem, nameOfBackup, newBackupWrites } from './backup.ts'
import { changeHeadKey, decodeChangeHead } from './change-log.ts'
import { droppedKey, nextTableNumberKey, numberFrom, rowKey, spaces } from './keyspace.ts'
import type { StateSink } from './past-state.ts'
import { copyPastState, lastItemKey } from './past-state.ts'
import type { Table } from './table.ts'
import type { TableDefinitions } from './table-definitions.ts'
import type { TableReaders } from './table-readers.ts'
import type { Versioning } from './versioning.ts'

/**
 * The backups of a Region. One is made in three steps:
 *
 *     the table's change log is kept from now on  ─  the backup's row: up to which change it goes  ─  the items are copied, in the background
 *
 * What was acknowledged before the second step is in it, and nothing else is. The row is durable before anybody hears of the backup; an
 * interrupted copy goes on (`past-state.ts`).
 */
export class Backups {
  readonly #options: BackupsOptions
  readonly #unfinished = new Map<string, Backup>()
  /** Those that are being restored from, or deleted, by the text of their names. */
  readonly #busy = new Set<string>()
  /** Numbers of backups that were removed, and whose items are still to go. */
  readonly #removed = new Set<number>()
  readonly #listeners: (() => void)[] = []
  /** Of the newest id, ms. */
  #newestMs: number

  private constructor(options: BackupsOptions, found: { readonly unfinished: readonly Backup[]; readonly newestMs: number }) {
    this.#options = options
    this.#newestMs = found.newestMs
    for (const backup of found.unfinished) this.#begin(backup)
  }

  static async open(options: BackupsOptions): Promise<Backups> {
    const unfinished: Backup[] = []
    let newestMs = 0
    for await (const page of pagesOf(options.store, allBackups, readPage)) {
      for (const { value } of page) {
        const backup = decodeBackup(value)
        if (backup.status === 'CREATING') unfinished.push(backup)
        newestMs = Math.max(newestMs, backup.createdAtMs)
      }
    }
    return new Backups(options, { unfinished, newestMs })
  }

  /** Those whose items are being copied. */
  unfinished(): readonly Backup[] {
    return [...this.#unfinished.values()]
  }

  removed(): readonly number[] {
    return [...this.#removed]
  }

  /** Calls `listener` when items are to be copied or removed. */
  onWork(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Takes a backup of a table as it is now; undefined when the table is gone. The items follow. */
  async create(table: Table, name: string, nowMs: number): Promise<Backup | undefined> {
    const { store, readers, random, versioning } = this.#options
    const createdAtMs = this.#nextMs(nowMs)
    const id = backupId(createdAtMs, hex64(random).slice(0, 8))
    const kept = await readers.begin(table, id)
    if (kept === undefined) return undefined
    const keys = [nextTableNumberKey, changeHeadKey(table.number), versioning.replicaKey(kept)]
    const backup = await store.transact<Backup | undefined>(keys, ([next, head, replicaRow]) => {
      if (replicaRow === undefined) return { writes: [], result: undefined }
      const row: Backup = {
        id,
        kind: 'USER',
        name,
        status: 'CREATING',
        createdAtMs,
        expiresAtMs: undefined,
        table: { ...kept, logReaders: [] },
        upTo: String(decodeChangeHead(head)),
        statistics: versioning.statistics(replicaRow),
        number: numberFrom(next),
      }
      return { writes: newBackupWrites(row), result: row }
    })
    if (backup === undefined) await readers.end(table, id)
    else this.#begin(backup)
    return backup
  }

  /** When the backup of a table that is being deleted is made: at no other backup's time, since their ids differ in nothing else. */
  systemMs(nowMs: number): number {
    return this.#nextMs(nowMs)
  }

  /** Takes up a backup whose row was written together with something else. */
  adopt(backup: Backup): void {
    this.#begin(backup)
  }

  async get(name: BackupName): Promise<Backup | undefined> {
    const row = await this.#options.store.get(backupKey(name))
    return row && decodeBackup(row)
  }

  /** In the order of their creation, those after `after`, which need not exist any more. */
  async *list(after: BackupName | undefined): AsyncGenerator<Backup> {
    const range = after === undefined ? allBackups : { ...allBackups, from: Buffer.concat([backupKey(after), Uint8Array.of(0)]) }
    for await (const page of pagesOf(this.#options.store, range, readPage)) for (const { value } of page) yield decodeBackup(value)
  }

  /** Keeps others from restoring from it and deleting it, until {@link release}; false when somebody does already. */
  claim(name: BackupName): boolean {
    const text = textOf(name)
    if (this.#busy.has(text)) return false
    this.#busy.add(text)
    return true
  }

  release(name: BackupName): void {
    this.#busy.delete(textOf(name))
  }

  /** Removes a finished backup that the caller has claimed. Its items follow, step by step: {@link Backup.number} becomes that of a dropped table. */
  async remove(backup: Backup): Promise<void> {
    const writes: Write[] = [
      { key: backupKey(nameOfBackup(backup)), value: undefined },
      { key: droppedKey(backup.number), value: new Uint8Array(0) },
    ]
    await this.#options.store.transact([], () => ({ writes, result: undefined }))
    this.#removed.add(backup.number)
    this.#tell()
  }

  rowsRemoved(number: number): void {
    this.#removed.delete(number)
  }

  /** Removes the backups of deleted tables whose time has passed. */
  async removeExpired(nowMs: number): Promise<void> {
    for await (const backup of this.list(undefined)) {
      const { status, expiresAtMs = Infinity } = backup
      const name = nameOfBackup(backup)
      if (status === 'CREATING' || expiresAtMs > nowMs || !this.claim(name)) continue
      await this.remove(backup).finally(() => this.release(name))
    }
  }

  /** Copies the items of an unfinished backup, and makes it available. Interrupted, it stays unfinished. */
  async copy(backup: Backup, givenUp: () => boolean): Promise<void> {
    const { store, versioning, definitions, readers } = this.#options
    const table = definitions.byNumber(backup.table.number) ?? backup.table
    const sink: StateSink = {
      lastKey: () => lastItemKey(store, backup.number),
      async write(rows) {
        const writes = rows.map(({ itemKey, item }): Write => {
          return { key: rowKey(backup.number, spaces.items, itemKey), value: item && encodeBackupItem(item) }
        })
        await store.transact([], () => ({ writes, result: undefined }))
        return true
      },
    }
    if ((await copyPastState({ store, versioning, table, upTo: BigInt(backup.upTo) }, sink, givenUp)) === 'interrupted') return
    const key = backupKey(nameOfBackup(backup))
    const value = encodeBackup({ ...backup, status: 'AVAILABLE' })
    await store.transact([], () => ({ writes: [{ key, value }], result: undefined }))
    this.#unfinished.delete(textOf(nameOfBackup(backup)))
    await readers.end(backup.table, backup.id)
  }

  #begin(backup: Backup): void {
    this.#unfinished.set(textOf(nameOfBackup(backup)), backup)
    this.#options.readers.enter(backup.table.number, backup.id)
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }

  /** Later than that of every other backup, so that no two have one id. */
  #nextMs(nowMs: number): number {
    this.#newestMs = Math.max(nowMs, this.#newestMs + 1)
    return this.#newestMs
  }
}

export interface BackupsOptions {
  readonly store: Store
  readonly versioning: Versioning
  readonly definitions: TableDefinitions
  readonly readers: TableReaders
  readonly random: Random
}

const readPage = { entriesMax: 200, bytesMax: 1 << 20 }

function textOf({ id, tableName }: BackupName): string {
  return `${id}/${tableName}`
}
