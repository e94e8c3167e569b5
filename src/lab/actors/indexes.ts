import { chance } from '../../base/random.ts'
import { isRefusal } from '../../engine/refusal.ts'
import type { IndexBlueprint } from '../../engine/table.ts'
import { actor, drawSteps } from '../actor.ts'
import { lateIndex, tableName } from '../lab-items.ts'

/** Adds an index to the table and removes it again, while clients write. */
export const indexes = actor<{ readonly region: string }>({
  share: 0.6,
  draw: (frame) =>
    drawSteps(frame, 4000, () => {
      const { regions } = frame.setting
      return { region: regions.find(() => chance(frame.random, 0.5)) ?? regions[0] ?? '' }
    }),
  async act({ region }, { lab, history, coverage }) {
    const view = await lab.world.changeSettings(region, tableName, ({ settings }) => {
      const others = settings.indexes.filter(({ name }) => name !== lateIndex.name)
      const changed: readonly IndexBlueprint[] = others.length < settings.indexes.length ? others : [...others, lateIndex]
      return { ...settings, indexes: changed }
    })
    history.note(`index changed at ${region}: ${isRefusal(view) ? view.message : 'begun'}`)
    if (!isRefusal(view)) coverage.add('indexes changed under writes')
  },
})
