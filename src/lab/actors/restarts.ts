import { pick } from '../../base/random.ts'
import { actor, drawSteps } from '../actor.ts'

/** The whole process is killed and started again. */
export const restarts = actor<Record<string, never>>({
  share: 0.2,
  draw: (frame) => drawSteps(frame, pick(frame.random, [5000, 20_000]), () => ({})),
  async act(_what, { lab, coverage }) {
    coverage.add('process restarts')
    lab.kill()
  },
})
