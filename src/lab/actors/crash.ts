import { chance, integerBelow, pick } from '../../base/random.ts'
import { faultActor } from '../fault-actor.ts'

/** At any time; the crashes of `crash-at-call.ts` come at a chosen place. */
export const crash = faultActor({
  share: 0.6,
  covers: 'crashes',
  draw: ({ setting, faultMsMax }, random) => ({
    kind: 'crash',
    region: pick(random, setting.regions),
    durationMs: chance(random, 0.4) ? undefined : 1 + integerBelow(random, Math.min(5000, faultMsMax)),
  }),
})
