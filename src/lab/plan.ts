import type { Random } from '../base/random.ts'
import { seededRandom } from '../base/random.ts'
import type { ClockMode } from '../replication/region-clock.ts'
import { defaultPolicy } from '../replication/policy-text.ts'

/**
 * A run of the simulator before it begins: the world, and everything that is done in it and to it, each thing with its time. Seeds draw plans
 * (`draw-plan.ts`); a plan is JSON, says everything by itself, and can be made smaller while it still fails (`shrink.ts`).
 */
export interface Plan {
  /** Of the dice that are left when everything is planned: how long each flush and message takes, what a crash leaves of a flush. */
  readonly seed: number
  readonly setting: Setting
  readonly lanes: readonly Lane[]
}

/** What is done one after the other: by one client, or by one kind of fault. Lanes run beside each other. */
export interface Lane {
  /** Its name in `actors.ts`. */
  readonly actor: string
  /** Of several lanes of one actor. */
  readonly name: string
  /** Beside the other lanes, or when everything has been mended. */
  readonly when: 'storm' | 'mended'
  readonly steps: readonly Step[]
}

export interface Step {
  /** Not before that many milliseconds have passed since the storm began, and not before the step before it is done. */
  readonly atMs: number
  /** What only its actor understands: JSON. */
  readonly what: unknown
}

export interface Setting {
  /** Those that clients run in; the table begins in the first of them. */
  readonly regions: readonly string[]
  /** With how many replicas the clients begin. */
  readonly replicasAtStart: number
  /** What the clients call the items. */
  readonly keyNames: readonly string[]
  /** When the storm is over. */
  readonly untilMs: number
  readonly clockMode: ClockMode
  /** The conflict policy that the table begins with, as it is written. */
  readonly policy: string
  /** Whether the table has indexes, a stream, a time to live. */
  readonly indexes: boolean
  readonly stream: boolean
  readonly timeToLive: boolean
  readonly flushMsMax: number
  readonly lagMs: number
  readonly jitterMs: number
  /** Directions that are much slower than the others, always: what goes round arrives before what goes straight. */
  readonly slowLinks: readonly { readonly from: string; readonly to: string; readonly ms: number }[]
  readonly unruliness: Unruliness
  /** Of a flush that a crash interrupts: the probability that it landed. */
  readonly landedProbability: number
  readonly endedIncarnationsMax: number
}

/** Of a message: the probabilities that it is lost, repeated or overtaken by later ones, and how late it then comes at most. */
export interface Unruliness {
  readonly lost: number
  readonly repeated: number
  readonly overtaken: number
  readonly lateMsMax: number
}

/** All steps of one actor. */
export function stepsOf({ lanes }: Plan, actor: string): readonly Step[] {
  return lanes.filter((lane) => lane.actor === actor).flatMap(({ steps }) => steps)
}

/** Every policy that may come to be in force; the first is that of the beginning. */
export function policiesOf(plan: Plan): readonly string[] {
  const changes = stepsOf(plan, 'policies').map(({ what }) => (what as { readonly policy?: string }).policy ?? defaultPolicy)
  // A change may find the tag taken away by none of these: the default is possible as soon as there are changes.
  return [...new Set([plan.setting.policy, ...changes, ...(changes.length > 0 ? [defaultPolicy] : [])])]
}

/** An independent stream of dice for one purpose, so that a change of one leaves the others as they are. */
export function diceFor(seed: number, purpose: string): Random {
  let hash = seed | 0
  for (const character of purpose) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return seededRandom(hash)
}
