import type { BackupName } from './backup.ts'
import type { Filling, Json, Table } from './table.ts'
import { decodeTable, encodeTable } from './table.ts'

/** What a table that is being restored is made from; the state of its {@link Filling}. */
export type RestoreOrigin = BackupOrigin | MomentOrigin

export interface BackupOrigin {
  readonly kind: 'backup'
  readonly backup: BackupName
  /** When the backup was made. */
  readonly atMs: number
}

export interface MomentOrigin {
  readonly kind: 'moment'
  /** As it was when the restore began: it may be dropped meanwhile. */
  readonly source: Table
  readonly atMs: number
  /** The last change of the source that counts. */
  readonly upTo: bigint
  /** Under which the source's rows and log are kept. */
  readonly reader: string
}

export function fillingFrom(origin: RestoreOrigin): Filling {
  const { kind, atMs } = origin
  if (kind === 'backup') return { kind, state: { atMs, id: origin.backup.id, tableName: origin.backup.tableName } }
  const source = Buffer.from(encodeTable(origin.source)).toString('utf8')
  return { kind, state: { atMs, source, upTo: String(origin.upTo), reader: origin.reader } }
}

/** Undefined when the table is not being restored. */
export function restoreOrigin({ filling }: Table): RestoreOrigin | undefined {
  if (filling?.kind === 'backup') {
    const { atMs, id, tableName } = filling.state as JsonOf<'id' | 'tableName'>
    return { kind: 'backup', backup: { id, tableName }, atMs }
  }
  if (filling?.kind === 'moment') {
    const { atMs, source, upTo, reader } = filling.state as JsonOf<'source' | 'upTo' | 'reader'>
    return { kind: 'moment', source: decodeTable(Buffer.from(source, 'utf8')), atMs, upTo: BigInt(upTo), reader }
  }
  return undefined
}

type JsonOf<Name extends string> = { readonly atMs: number } & Readonly<Record<Name, string>> & Json
