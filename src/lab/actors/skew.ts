import { pick } from '../../base/random.ts'
import { durationIn, faultActor } from '../fault-actor.ts'

/** Clocks that step by up to ten minutes, and that run at half or double speed: minutes within a storm. */
export const skew = faultActor({
  share: 0.6,
  covers: 'clock steps',
  draw: (frame, random) => ({
    kind: 'skew',
    region: pick(random, frame.setting.regions),
    ms: pick(random, [-600_000, -120_000, -5000, -100, 0, 100, 5000, 59_000, 120_000, 600_000]),
    driftPpm: pick(random, [0, 0, 200, -200, 50_000, -500_000, 1_000_000]),
    durationMs: durationIn(frame, random),
  }),
})
