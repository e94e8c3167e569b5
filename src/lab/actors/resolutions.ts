import { chance, integerBelow, pick } from '../../base/random.ts'
import { StoredItem, decodeImage, encodeImage } from '../../engine/stored-item.ts'
import { itemSizeBytes } from '../../item/item-size.ts'
import { printDot } from '../../replication/dot.ts'
import { StoreClosed } from '../../storage/store.ts'
import type { Conflict } from '../../world/conflict.ts'
import { conflictsOf } from '../../world/inspection.ts'
import { resolveConflict } from '../../world/resolution.ts'
import { actor, drawSteps } from '../actor.ts'
import { tableName } from '../lab-items.ts'

interface Settlement {
  /** Which of the conflicts that are found, by its number; more than there are begin again at the first. */
  readonly which: number
  readonly by: 'restoring' | 'deleting' | 'writing'
  readonly value: string
}

/** Somebody looks at the ledger now and then and settles a conflict: restores what lost, deletes, or writes something else. */
export const resolutions = actor<Settlement>({
  share: 0.5,
  draw(frame) {
    const { random } = frame
    let count = 0
    return drawSteps(frame, pick(random, [500, 3000]), () => ({
      which: integerBelow(random, 1000),
      by: chance(random, 0.5) ? 'restoring' : chance(random, 0.2) ? 'deleting' : 'writing',
      value: `r${count++}`,
    }))
  },
  async act({ which, by, value }, { lab, history, coverage }) {
    const found = (await conflictsOf(lab.world, tableName, 0n)).filter(({ withdrawn, resolved }) => !withdrawn && !resolved)
    const conflict = found[which % found.length]
    if (conflict === undefined) return
    const item = by === 'restoring' ? 'loser' : by === 'deleting' ? undefined : somethingElse(conflict, value)
    // While the write is under way it may or may not count.
    const attempt = { id: conflict.id, seen: printDot(conflict.winner), state: 'unknown' as 'unknown' | 'resolved' }
    history.resolutions.push(attempt)
    try {
      const outcome = await resolveConflict(lab.world, conflict, { item, shown: undefined })
      history.note(`resolves ${conflict.id}: ${outcome.kind}`)
      if (outcome.kind === 'resolved') attempt.state = 'resolved'
      else history.resolutions.splice(history.resolutions.indexOf(attempt), 1)
      coverage.add(outcome.kind === 'resolved' ? 'conflicts resolved' : 'resolutions that saw something else')
    } catch (error) {
      if (error instanceof StoreClosed) history.note('a resolution was interrupted by a crash')
      throw error
    }
  },
})

function somethingElse({ loser, winner }: Conflict, value: string): StoredItem | undefined {
  const image = loser.image ?? winner.image
  if (image === undefined) return undefined
  const item = { ...decodeImage(Buffer.from(image)), v: { S: value } }
  return new StoredItem(encodeImage(item), itemSizeBytes(item))
}
