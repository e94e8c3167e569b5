import { chance, fraction } from '../base/random.ts'
import { sleep } from '../base/scheduler.ts'
import { isRefusal } from '../engine/refusal.ts'
import type { IndexBlueprint } from '../engine/table.ts'
import { StoreClosed } from '../storage/store.ts'
import { lateIndex, tableName } from './lab-world.ts'
import { diceFor } from './plan.ts'
import type { StormParts } from './storm-parts.ts'

/** Adds an index to the table and removes it again, while clients write. */
export async function runIndexChanges({ plan, lab, history, coverage, untilMs }: StormParts): Promise<void> {
  const random = diceFor(plan.seed, 'indexes')
  for (;;) {
    await sleep(lab.time, gapMs * 2 * fraction(random))
    if (history.nowMs >= untilMs) return
    const region = plan.regions.find(() => chance(random, 0.5)) ?? plan.regions[0]
    if (region === undefined) return
    try {
      const view = await lab.world.changeSettings(region, tableName, ({ settings }) => {
        const others = settings.indexes.filter(({ name }) => name !== lateIndex.name)
        const indexes: readonly IndexBlueprint[] = others.length < settings.indexes.length ? others : [...others, lateIndex]
        return { ...settings, indexes }
      })
      history.note(`index changed at ${region}: ${isRefusal(view) ? view.message : 'begun'}`)
      if (!isRefusal(view)) coverage.add('indexes changed under writes')
    } catch (error) {
      if (!(error instanceof StoreClosed)) throw error
      history.note(`the change of an index at ${region} was interrupted by a crash`)
    }
  }
}

const gapMs = 4000
