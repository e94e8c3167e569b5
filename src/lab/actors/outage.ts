import { pick } from '../../base/random.ts'
import { durationIn, faultActor } from '../fault-actor.ts'

export const outage = faultActor({
  share: 0.5,
  covers: 'outages',
  draw: (frame, random) => ({ kind: 'outage', region: pick(random, frame.setting.regions), durationMs: durationIn(frame, random) }),
})
