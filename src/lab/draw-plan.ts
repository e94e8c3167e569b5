import type { Random } from '../base/random.ts'
import { chance, fraction, pick } from '../base/random.ts'
import type { Frame } from './actor.ts'
import { actors } from './actors.ts'
import { drawSetting } from './draw-setting.ts'
import type { Lane, Plan } from './plan.ts'
import { diceFor } from './plan.ts'

/**
 * What one seed decides before the run begins. Each actor takes part in some of the seeds only: a run that does everything is a run in which
 * most things hide each other.
 */
export function planOf(seed: number): Plan {
  const setting = drawSetting(diceFor(seed, 'setting'))
  const random = diceFor(seed, 'frame')
  const frame = {
    setting,
    calms: drawCalms(random, setting.untilMs),
    faultGapMs: pick(random, [1000, 3000, 10_000]),
    faultMsMax: pick(random, [500, 3000, 10_000, 30_000]),
  }
  const lanes: Lane[] = []
  for (const [name, actor] of Object.entries(actors)) {
    const own = diceFor(seed, `actor ${name}`)
    if (chance(own, actor.share)) lanes.push(...actor.draw({ ...frame, random: own }).map((lane) => ({ ...lane, actor: name })))
  }
  return { seed, setting, lanes }
}

/** Storms come in phases; some seeds have no calm at all, some have little else. */
function drawCalms(random: Random, untilMs: number): Frame['calms'] {
  const calm = pick(random, [0, 0, 0.3, 0.7])
  const calms: [number, number][] = []
  for (let fromMs = 8000 * fraction(random); fromMs < untilMs; fromMs += 8000 * (1 + fraction(random))) {
    if (chance(random, calm)) calms.push([fromMs, fromMs + 8000 * fraction(random)])
  }
  return calms
}
