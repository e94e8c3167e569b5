import { chance, fraction, pick } from '../base/random.ts'
import { sleep } from '../base/scheduler.ts'
import { StoredItem, decodeImage, encodeImage } from '../engine/stored-item.ts'
import { itemSizeBytes } from '../item/item-size.ts'
import { printDot } from '../replication/dot.ts'
import { StoreClosed } from '../storage/store.ts'
import type { Conflict } from '../world/conflict.ts'
import { conflictsOf } from '../world/inspection.ts'
import { resolveConflict } from '../world/resolution.ts'
import { tableName } from './lab-world.ts'
import { diceFor } from './plan.ts'
import type { StormParts } from './storm-parts.ts'

/** Somebody looks at the ledger now and then and settles a conflict: restores what lost, deletes, or writes something else. */
export async function runResolutions({ plan, lab, history, coverage, untilMs }: StormParts, gapMs: number): Promise<void> {
  const random = diceFor(plan.seed, 'resolutions')
  for (let count = 0; ; count++) {
    await sleep(lab.time, gapMs * 2 * fraction(random))
    if (history.nowMs >= untilMs) return
    try {
      const found = (await conflictsOf(lab.world, tableName, 0n)).filter(({ withdrawn, resolved }) => !withdrawn && !resolved)
      if (found.length === 0) continue
      const conflict = pick(random, found)
      const item = chance(random, 0.5) ? 'loser' : chance(random, 0.2) ? undefined : somethingElse(conflict, `r${count}`)
      // While the write is under way it may or may not count.
      const attempt = { id: conflict.id, seen: printDot(conflict.winner), state: 'unknown' as 'unknown' | 'resolved' }
      history.resolutions.push(attempt)
      const outcome = await resolveConflict(lab.world, conflict, { item, shown: undefined })
      history.note(`resolves ${conflict.id}: ${outcome.kind}`)
      if (outcome.kind === 'resolved') attempt.state = 'resolved'
      else history.resolutions.splice(history.resolutions.indexOf(attempt), 1)
      coverage.add(outcome.kind === 'resolved' ? 'conflicts resolved' : 'resolutions that saw something else')
    } catch (error) {
      if (!(error instanceof StoreClosed)) throw error
      history.note('a resolution was interrupted by a crash')
    }
  }
}

function somethingElse({ loser, winner }: Conflict, value: string): StoredItem | undefined {
  const image = loser.image ?? winner.image
  if (image === undefined) return undefined
  const item = { ...decodeImage(Buffer.from(image)), v: { S: value } }
  return new StoredItem(encodeImage(item), itemSizeBytes(item))
}
