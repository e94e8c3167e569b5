import { pick } from '../../base/random.ts'
import { durationIn, faultActor } from '../fault-actor.ts'

export const pause = faultActor({
  share: 0.6,
  covers: 'pauses',
  draw: (frame, random) => ({ kind: 'pause', region: pick(random, frame.setting.regions), durationMs: durationIn(frame, random) }),
})
