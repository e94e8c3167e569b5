import { twoOf } from '../actor.ts'
import { durationIn, faultActor } from '../fault-actor.ts'

export const partition = faultActor({
  share: 0.6,
  covers: 'partitions',
  draw: (frame, random) => ({ kind: 'partition', between: twoOf(frame.setting, random), durationMs: durationIn(frame, random) }),
})
