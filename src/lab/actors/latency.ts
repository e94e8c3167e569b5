import { fraction } from '../../base/random.ts'
import { twoOf } from '../actor.ts'
import { durationIn, faultActor } from '../fault-actor.ts'

export const latency = faultActor({
  share: 0.6,
  covers: 'one-way delays',
  draw(frame, random) {
    const [from, to] = twoOf(frame.setting, random)
    const ms = Math.round(frame.faultMsMax * fraction(random))
    return { kind: 'latency', from, to, ms, jitterMs: 100, durationMs: durationIn(frame, random) }
  },
})
