import type { Random } from '../base/random.ts'
import { fraction } from '../base/random.ts'
import type { Coverage } from './coverage.ts'
import type { History } from './history.ts'
import type { LabWorld } from './lab-world.ts'
import type { Lane, Plan, Setting } from './plan.ts'
import type { WriteLog } from './write-log.ts'

/**
 * Something that is done in the world or to it while it is judged: what clients do, what breaks, what its operator changes. One file each, in
 * `actors/`; they are listed in `actors.ts`. What it does is drawn before the run and is JSON, so that a failing run can be made smaller and kept.
 */
export interface Actor {
  /** In how many of the worlds it takes part, 0 to 1. */
  readonly share: number
  readonly draw: (frame: Frame) => readonly Omit<Lane, 'actor'>[]
  /** Carries out one step. A `StoreClosed` that it throws is a crash that came in between. */
  readonly act: (what: unknown, scene: Scene) => Promise<void>
}

/** What is known when steps are drawn. */
export interface Frame {
  readonly setting: Setting
  /** Dice of this actor alone. */
  readonly random: Random
  /** Nothing is to break then: between storms the world gets as far as it can. */
  readonly calms: readonly (readonly [fromMs: number, untilMs: number])[]
  /** Mean time between two faults of one kind. */
  readonly faultGapMs: number
  /** Longest duration of a fault. */
  readonly faultMsMax: number
}

/** Where a step takes place. */
export interface Scene {
  readonly plan: Plan
  readonly lane: string
  readonly lab: LabWorld
  readonly history: History
  readonly writeLog: WriteLog
  readonly coverage: Coverage
}

/** `What` is what its steps hold. */
export interface ActorParts<What> {
  readonly share: number
  readonly draw: (frame: Frame) => readonly DrawnLane<What>[]
  readonly act: (what: What, scene: Scene) => Promise<void>
}

export interface DrawnLane<What> extends Omit<Lane, 'actor' | 'steps'> {
  readonly steps: readonly { readonly atMs: number; readonly what: What }[]
}

export function actor<What>({ share, draw, act }: ActorParts<What>): Actor {
  return { share, draw, act: (what, scene) => act(what as What, scene) }
}

/** One lane of steps at random times, none of them in a calm. */
export function drawSteps<What>(frame: Frame, gapMs: number, drawWhat: () => What): readonly DrawnLane<What>[] {
  const steps = timesIn(frame, gapMs).map((atMs) => ({ atMs, what: drawWhat() }))
  return steps.length === 0 ? [] : [{ name: '', when: 'storm', steps }]
}

function timesIn({ setting, random, calms }: Frame, gapMs: number): readonly number[] {
  const times: number[] = []
  for (let atMs = gapMs * 2 * fraction(random); atMs < setting.untilMs; atMs += gapMs * 2 * fraction(random)) times.push(Math.round(atMs))
  return times.filter((atMs) => !calms.some(([fromMs, untilMs]) => fromMs <= atMs && atMs < untilMs))
}

/** Two different Regions. */
export function twoOf({ regions }: Setting, random: Random): readonly [string, string] {
  const one = Math.floor(fraction(random) * regions.length)
  const other = (one + 1 + Math.floor(fraction(random) * (regions.length - 1))) % regions.length
  return [regions[one] ?? '', regions[other] ?? '']
}
