import type { StoredItem } from '../engine/stored-item.ts'
import { StoredItem as Stored } from '../engine/stored-item.ts'
import type { Verdict } from '../engine/item-writer.ts'
import { itemSizeBytes } from '../item/item-size.ts'
import { decodeCell } from '../replication/cell.ts'
import { reaches } from '../replication/cursors.ts'
import { printDot } from '../replication/dot.ts'
import type { RecordedVersion } from '../replication/ledger.ts'
import { recordVersion, timestampOf } from '../replication/ledger.ts'
import { isDropped } from '../replication/membership.ts'
import { entryPlace } from '../replication/rows.ts'
import type { Conflict } from './conflict.ts'
import type { Running } from './region-node.ts'
import type { World } from './world.ts'

/**
 * Settles a conflict [REP-21]: a local write in a Region that has both of its versions, on condition that what is shown is what whoever decided
 * saw. The write carries the name of the entry, so every Region closes it. It is nobody's client, so it may be made away from the item's home.
 */
export interface Resolution {
  /** What the item shall be; `loser`: what the write that lost had made. Undefined: it shall be deleted. */
  readonly item: StoredItem | 'loser' | undefined
  /** The version that was seen: by default the one that won when the conflict was found. Null: nothing was there. */
  readonly shown: string | null | undefined
}

export type Resolved =
  | { readonly kind: 'resolved'; readonly region: string }
  /** Something else is shown now; undefined: nothing is held. */
  | { readonly kind: 'changed'; readonly shown: RecordedVersion | undefined }
  /** No Region that runs has both versions yet (any more). */
  | { readonly kind: 'nowhere' }
  /** A transaction is changing the item. */
  | { readonly kind: 'busy' }

export async function resolveConflict(world: World, conflict: Conflict, { item, shown }: Resolution): Promise<Resolved> {
  const found = await regionFor(world, conflict)
  if (found === undefined) return { kind: 'nowhere' }
  const { region, running } = found
  const table = running.engine.tables().find(({ globalId }) => globalId === conflict.globalId)
  if (table === undefined) return { kind: 'nowhere' }
  const made = item === 'loser' ? imageOf(conflict.loser) : item
  const closes = [entryPlace(timestampOf(conflict.loser), conflict.id)]
  const itemKey = Buffer.from(conflict.loser.itemKey, 'hex')
  const outcome = await running.engine.write<Resolved>(table, itemKey, (_before, cell): Verdict<Resolved> => {
    const now = decodeCell(cell).shown?.version
    if (!isWhatWasSeen(now === undefined ? undefined : printDot(now.dot), shown, conflict)) {
      return { kind: 'keep', result: { kind: 'changed', shown: now && recordVersion(now) } }
    }
    const result: Resolved = { kind: 'resolved', region }
    return made === undefined ? { kind: 'delete', result, closes } : { kind: 'put', item: made, result, closes }
  })
  if (outcome.kind === 'written') return outcome.result
  return outcome.kind === 'conflict' ? { kind: 'busy' } : { kind: 'nowhere' }
}

/** A deletion that won may have been collected since: then nothing is there, and that is what was seen. */
function isWhatWasSeen(now: string | undefined, seen: string | null | undefined, { winner, loser, lost }: Conflict): boolean {
  if (seen === null) return now === undefined
  const won = printDot(winner)
  // Of a version that was shown with others, and lost some of its attributes, it may be the highest itself.
  if (lost !== undefined && seen === undefined && now === printDot(loser)) return true
  if (now === undefined) return winner.image === undefined && (seen ?? won) === won
  return now === (seen ?? won)
}

function imageOf({ image }: RecordedVersion): StoredItem | undefined {
  if (image === undefined) return undefined
  const stored = new Stored(Buffer.from(image, 'utf8'), 0)
  return new Stored(stored.image, itemSizeBytes(stored.item), stored.item)
}

/** First the Regions that found it: their ledgers have the entry, and their items came to be with both versions. */
async function regionFor(world: World, conflict: Conflict): Promise<{ readonly region: string; readonly running: Running } | undefined> {
  const nodes = world.regions().filter(({ cutOff }) => !cutOff)
  const found = nodes.filter(({ name }) => conflict.foundInRegions.includes(name))
  for (const { name: region, running } of [...found, ...nodes.filter((node) => !found.includes(node))]) {
    const replica = running?.replication.replica(conflict.globalId)
    const row = await replica?.row()
    if (running === undefined || replica === undefined || row === undefined || row.fenced || !replica.ready) continue
    const has = (version: RecordedVersion): boolean =>
      reaches(row.cursors, version) || isDropped(replica.membership, version.incarnation, row.epoch)
    if (has(conflict.loser) && has(conflict.winner)) return { region, running }
  }
  return undefined
}
