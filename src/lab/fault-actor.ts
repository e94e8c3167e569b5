import type { Random } from '../base/random.ts'
import { integerBelow } from '../base/random.ts'
import type { Fault } from '../world/fault.ts'
import type { Actor, Frame } from './actor.ts'
import { actor, drawSteps } from './actor.ts'
import type { CoverageName } from './coverage.ts'
import { tellFault } from './tell-fault.ts'

/** One kind of those faults that the world knows itself, drawn again and again. */
export function faultActor(parts: {
  readonly share: number
  readonly covers: CoverageName
  readonly draw: (frame: Frame, random: Random) => Fault
}): Actor {
  return actor<Fault>({
    share: parts.share,
    draw: (frame) => drawSteps(frame, frame.faultGapMs, () => parts.draw(frame, frame.random)),
    async act(fault, { lab, history, coverage }) {
      history.note(tellFault(fault))
      coverage.add(parts.covers)
      // A step that was read from a file has no member that is undefined.
      await lab.faults.inject({ ...fault, durationMs: fault.durationMs })
    },
  })
}

export function durationIn({ faultMsMax }: Frame, random: Random): number {
  return 1 + integerBelow(random, faultMsMax)
}
