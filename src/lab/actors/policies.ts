import { chance, pick } from '../../base/random.ts'
import { isRefusal } from '../../engine/refusal.ts'
import { policyTag } from '../../replication/policy-text.ts'
import type { Frame } from '../actor.ts'
import { actor, drawSteps } from '../actor.ts'
import { policyTexts } from '../draw-setting.ts'
import { tableName } from '../lab-items.ts'

interface PolicyChange {
  readonly region: string
  /** Left out: the tag is taken away. */
  readonly policy?: string
}

/** Changes the table's conflict policy now and then, by its tag, in any Region; and once more when everything is mended, for the conflicts that are left. */
export const policies = actor<PolicyChange>({
  share: 0.3,
  draw(frame) {
    const texts = policyTexts(frame.setting.regions, frame.random).filter(() => chance(frame.random, 0.7))
    const all = [frame.setting.policy, ...texts]
    const lanes = drawSteps(frame, pick(frame.random, [1000, 5000, 15_000]), () => change(frame, all))
    return [...lanes, { name: 'last', when: 'mended', steps: [{ atMs: 0, what: change(frame, all) }] }]
  },
  async act({ region, policy }, { lab, history, coverage }) {
    const view = await lab.world.changeTags(region, tableName, ({ [policyTag]: _before, ...others }) =>
      policy === undefined ? others : { ...others, [policyTag]: policy },
    )
    history.note(`policy ${policy ?? 'none'} at ${region}: ${isRefusal(view) ? view.message : 'recorded'}`)
    if (!isRefusal(view)) coverage.add('policies changed under writes')
  },
})

function change({ setting, random }: Frame, texts: readonly string[]): PolicyChange {
  const region = pick(random, setting.regions)
  return chance(random, 0.1) ? { region } : { region, policy: pick(random, texts) }
}
