import type { AttributeMap } from '../item/attribute-value.ts'
import type { KeySchema } from '../item/key-schema.ts'
import { decodeItemKey } from '../item/item-key.ts'
import { printDot } from '../replication/dot.ts'
import type { RecordedVersion } from '../replication/ledger.ts'
import { timestampOf } from '../replication/ledger.ts'
import { millisecondsOf } from '../replication/timestamp.ts'
import type { Conflict } from '../world/conflict.ts'
import type { ConflictReport, WriteReport } from './wire.ts'

/** A lost write as people and programs read it. */
export function reportConflict(conflict: Conflict, schema: KeySchema): ConflictReport {
  const [loser, winner] = [reportWrite(conflict.loser), reportWrite(conflict.winner)]
  return {
    id: conflict.id,
    table: conflict.table,
    key: decodeItemKey(schema, Buffer.from(conflict.loser.itemKey, 'hex')),
    loser,
    winner,
    lostAttributes: conflict.lost ?? differing(loser.item ?? {}, winner.item ?? {}),
    rule: conflict.rule,
    ...(conflict.failed !== undefined && { failed: conflict.failed }),
    foundIn: conflict.foundInRegions,
    foundAt: isoTime(conflict.foundAtMs),
    withdrawn: conflict.withdrawn,
    settled: conflict.settled,
    harmless: conflict.harmless,
    resolved: conflict.resolved,
    open: conflict.open,
    read: conflict.read,
  }
}

export function reportWrite(version: RecordedVersion): WriteReport {
  return {
    version: printDot(version),
    region: version.region,
    writtenAt: isoTime(millisecondsOf(timestampOf(version))),
    trueTime: isoTime(version.committedAtMs),
    timestamp: version.timestamp,
    item: version.image === undefined ? null : (JSON.parse(version.image) as AttributeMap),
  }
}

function differing(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): readonly string[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name])).sort()
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
