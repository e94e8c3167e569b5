import type { Random } from '../base/random.ts'
import { chance, fraction, pick } from '../base/random.ts'
import { sleep } from '../base/scheduler.ts'
import { isRefusal } from '../engine/refusal.ts'
import { policyTag } from '../replication/policy-text.ts'
import { StoreClosed } from '../storage/store.ts'
import { tableName } from './lab-world.ts'
import { diceFor } from './plan.ts'
import type { StormParts } from './storm-parts.ts'

/** Changes the table's conflict policy now and then, by its tag, in any Region, while clients write. */
export async function runPolicyChanges(parts: StormParts, gapMs: number): Promise<void> {
  const random = diceFor(parts.plan.seed, 'policies')
  for (;;) {
    await sleep(parts.lab.time, gapMs * 2 * fraction(random))
    if (parts.history.nowMs >= parts.untilMs) return
    await changePolicy(parts, random)
  }
}

export async function changePolicy({ plan, lab, history, coverage }: StormParts, random: Random): Promise<void> {
  const region = pick(random, plan.regions)
  const policy = chance(random, 0.1) ? undefined : pick(random, plan.policies)
  try {
    const view = await lab.world.changeTags(region, tableName, ({ [policyTag]: _before, ...others }) =>
      policy === undefined ? others : { ...others, [policyTag]: policy },
    )
    history.note(`policy ${policy ?? 'none'} at ${region}: ${isRefusal(view) ? view.message : 'recorded'}`)
    if (!isRefusal(view)) coverage.add('policies changed under writes')
  } catch (error) {
    if (!(error instanceof StoreClosed)) throw error
    history.note(`the change of the policy at ${region} was interrupted by a crash`)
  }
}
