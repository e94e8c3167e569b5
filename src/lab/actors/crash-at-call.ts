import type { Random } from '../../base/random.ts'
import { chance, fraction, integerBelow, pick } from '../../base/random.ts'
import { actor, drawSteps } from '../actor.ts'
import { coverageByPoint } from '../call-points.ts'

interface CrashAtCall {
  /** Left out: the whole process is killed. */
  readonly region?: string
  /** How many calls of stores and messages (two or three points each) are let through. */
  readonly skipped: number
  /** Of a Region that crashes. What was held at the call is let go when it is dead, so it recovers a little later at the soonest. */
  readonly durationMs?: number
}

/** A Region, or the whole process, dies at a place that is counted: before a call of a store, between commit and flush, before the answer, at a message. */
export const crashAtCall = actor<CrashAtCall>({
  share: 0.6,
  draw: (frame) =>
    drawSteps(frame, frame.faultGapMs, () => {
      const { random, setting, faultMsMax } = frame
      const skipped = skippedBy(random)
      if (chance(random, 0.15)) return { skipped }
      const durationMs = chance(random, 0.4) ? 1 : 1 + integerBelow(random, Math.min(5000, faultMsMax))
      return { region: pick(random, setting.regions), skipped, durationMs }
    }),
  async act({ region, skipped, durationMs }, { lab, history, coverage }) {
    lab.crashAtCall(region, skipped, async (point) => {
      history.note(`${region ?? 'the process'} dies ${point}`, { ...(region !== undefined && { region }) })
      coverage.add(coverageByPoint[point])
      if (region === undefined) coverage.add('process kills at a call')
      if (region === undefined) lab.kill()
      else await lab.faults.inject({ kind: 'crash', region, durationMs: durationMs ?? 1 })
    })
  },
})

/** As often the next few as some hundred further on. */
function skippedBy(random: Random): number {
  return Math.floor(300 ** fraction(random)) - 1
}
