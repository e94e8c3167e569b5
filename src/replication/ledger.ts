import { createHash } from 'node:crypto'
import type { Write } from '../storage/store.ts'
import { printDot } from './dot.ts'
import type { Dot } from './dot.ts'
import type { Loss, PolicyName } from './policy.ts'
import { ledgerKey } from './rows.ts'
import type { Timestamp } from './timestamp.ts'
import type { Version } from './version.ts'

/**
 * The ledger: one entry per version that was acknowledged, concurrent with another, and not shown [REP-18]. Written in the
 * transaction that found it. All Regions compute the same id for the same loss; a write that turns out to have built on the
 * version withdraws the entry [REP-19].
 */
export interface LedgerEntry {
  readonly id: string
  readonly loser: RecordedVersion
  /** What was shown instead when this Region found the conflict. */
  readonly winner: RecordedVersion
  readonly rule: PolicyName
  /** Of a policy that joins versions: what of the loser is not shown, as `name` or `map.member`. Absent: the whole of it. */
  readonly lost?: readonly string[]
  /** Why such a policy could not do what it is for. */
  readonly failed?: string
  /** The Region that found it. */
  readonly foundIn: string
  readonly foundAtMs: number
  /** Both made the same, and the loser would have made it whatever was there (two deletes, two equal puts): nothing was lost. */
  readonly harmless: boolean
  /** A client had read the loser in the Region that found it; false: not noticed [REP-20]. */
  readonly read: boolean
}

export interface RecordedVersion {
  readonly incarnation: string
  readonly n: number
  /** A 64-bit integer in decimal. */
  readonly timestamp: string
  readonly region: string
  readonly committedAtMs: number
  /** Storage key of the item, hexadecimal. */
  readonly itemKey: string
  /** DynamoDB JSON; undefined: it deleted the item. */
  readonly image: string | undefined
}

/** The same in every Region: table, key and dot of the version that lost. 32 hexadecimal digits. */
export function ledgerId(globalId: string, itemKey: Uint8Array, dot: Dot): string {
  return createHash('sha256').update(globalId).update('\0').update(itemKey).update('\0').update(printDot(dot)).digest('hex').slice(0, 32)
}

export interface Finding {
  readonly tableNumber: number
  readonly globalId: string
  readonly loser: Version
  readonly winner: Version
  readonly loss?: Loss | undefined
  readonly rule: PolicyName
  readonly foundIn: string
  readonly foundAtMs: number
  readonly read: boolean
}

export function recordLoss(finding: Finding): Write {
  const { loser, winner } = finding
  const id = ledgerId(finding.globalId, loser.itemKey, loser.dot)
  const entry: LedgerEntry = {
    id,
    loser: recordVersion(loser),
    winner: recordVersion(winner),
    rule: finding.rule,
    ...(finding.loss && { lost: finding.loss.attributes }),
    ...(finding.loss?.failed !== undefined && { failed: finding.loss.failed }),
    foundIn: finding.foundIn,
    foundAtMs: finding.foundAtMs,
    harmless: finding.loss === undefined && !loser.relative && madeTheSame(loser, winner),
    read: finding.read,
  }
  return { key: ledgerKey(finding.tableNumber, loser.timestamp, id), value: Buffer.from(JSON.stringify(entry), 'utf8') }
}

export function decodeLedgerEntry(row: Uint8Array): LedgerEntry {
  return JSON.parse(Buffer.from(row).toString('utf8')) as LedgerEntry
}

export function timestampOf(version: RecordedVersion): Timestamp {
  return BigInt(version.timestamp)
}

export function recordVersion(version: Version): RecordedVersion {
  return {
    incarnation: version.dot.incarnation,
    n: version.dot.n,
    timestamp: String(version.timestamp),
    region: version.region,
    committedAtMs: version.committedAtMs,
    itemKey: Buffer.from(version.itemKey).toString('hex'),
    image: version.stored === undefined ? undefined : Buffer.from(version.stored.image).toString('utf8'),
  }
}

function madeTheSame(a: Version, b: Version): boolean {
  if (a.stored === undefined || b.stored === undefined) return a.stored === b.stored
  return Buffer.compare(a.stored.image, b.stored.image) === 0
}
