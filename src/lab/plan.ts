import type { Random } from '../base/random.ts'
import { chance, fraction, integerBelow, pick, seededRandom } from '../base/random.ts'
import type { ClockMode } from '../replication/region-clock.ts'

/**
 * What one seed decides before the simulation begins: how large, how slow, how stormy. Extremes are drawn as often as the middle, since
 * the schedules that break things need one thing to be much slower than the others.
 */
export interface SimulationPlan {
  readonly seed: number
  /** Those that clients run in; a table begins in the first of them. */
  readonly regions: readonly string[]
  /** With how many replicas the clients begin. */
  readonly replicasAtStart: number
  readonly keys: number
  readonly clientsPerRegion: number
  readonly operationsPerClient: number
  /** How long clients and faults go on at most. */
  readonly safetyMs: number
  /** Longest pause of a client between two operations. */
  readonly thinkMsMax: number
  readonly weights: OperationWeights
  readonly clockMode: ClockMode
  readonly flushMsMax: number
  readonly lagMs: number
  readonly jitterMs: number
  /** Directions that are much slower than the others, always: what goes round arrives before what goes straight. */
  readonly slowLinks: readonly { readonly from: string; readonly to: string; readonly ms: number }[]
  /** Of a message: that it is lost, repeated or overtaken. */
  readonly unruliness: number
  /** Of a flush that a crash interrupts: the probability that it landed. */
  readonly landedProbability: number
  /** The fraction of the time without new faults. */
  readonly calm: number
  /** Mean time between two faults while there are faults. */
  readonly faultGapMs: number
  /** Longest duration of a fault. */
  readonly faultMsMax: number
  /** Mean time between two changes of membership; undefined: there are none. */
  readonly membershipGapMs: number | undefined
  /** Mean time between two crashes of the whole process; undefined: there are none. */
  readonly restartGapMs: number | undefined
  readonly endedIncarnationsMax: number
  /** Conflict policies, as they are written; the table begins with the first. */
  readonly policies: readonly string[]
  /** Mean time between two changes of the policy; undefined: there are none. */
  readonly policyGapMs: number | undefined
  /** Mean time between two looks at the ledger by somebody who settles conflicts; undefined: nobody does. */
  readonly resolutionGapMs: number | undefined
  /** What the clients call the items. */
  readonly keyNames: readonly string[]
}

export type OperationKind = 'put' | 'put-same' | 'update' | 'delete' | 'create' | 'replace' | 'get'

/** How often each operation is drawn. */
export type OperationWeights = Readonly<Record<OperationKind, number>>

export function planOf(seed: number): SimulationPlan {
  const random = seededRandom(seed)
  const regions = regionNames.slice(0, 2 + integerBelow(random, 3))
  const hurried = chance(random, 0.3)
  const plan: Omit<SimulationPlan, 'policies' | 'policyGapMs' | 'resolutionGapMs' | 'keyNames'> = {
    seed,
    regions,
    replicasAtStart: chance(random, 0.7) ? regions.length : 1 + integerBelow(random, regions.length),
    keys: 1 + integerBelow(random, 4),
    clientsPerRegion: 1 + integerBelow(random, 2),
    operationsPerClient: 20 + integerBelow(random, 60),
    safetyMs: 15_000 + integerBelow(random, 45_000),
    thinkMsMax: pick(random, hurried ? [100, 300] : [500, 1000, 3000]),
    weights: weightsOf(random),
    clockMode: chance(random, 0.5) ? 'hlc' : 'wall',
    flushMsMax: pick(random, [0, 2, 20, 200, 800]),
    lagMs: pick(random, [0, 20, 100, 500]),
    jitterMs: pick(random, [0, 10, 200, 2000]),
    slowLinks: chance(random, 0.5) ? slowLinksOf(random, regions) : [],
    unruliness: chance(random, 0.35) ? pick(random, [0.02, 0.1, 0.4]) : 0,
    landedProbability: pick(random, [0, 0.5, 1]),
    calm: pick(random, [0, 0.3, 0.7, 0.9]),
    faultGapMs: pick(random, [300, 1000, 3000]),
    faultMsMax: pick(random, [500, 3000, 10_000, 30_000]),
    membershipGapMs: chance(random, 0.5) ? pick(random, [500, 3000, 10_000]) : undefined,
    restartGapMs: chance(random, 0.2) ? pick(random, [5000, 20_000]) : undefined,
    endedIncarnationsMax: pick(random, [0, 1, 2, 50]),
  }
  return { ...plan, ...policiesOf(seed, regions, plan.keys) }
}

/** Half of the worlds have the policy that most tables have. */
function policiesOf(
  seed: number,
  regions: readonly string[],
  keys: number,
): Pick<SimulationPlan, 'policies' | 'policyGapMs' | 'resolutionGapMs' | 'keyNames'> {
  const random = diceFor(seed, 'policy')
  const [one, other] = [pick(random, regions), pick(random, regions)]
  const moved = one === other ? '' : `:${one}=${other}`
  const others = [
    'version-check',
    'home-region:attribute=home',
    'home-region:key-prefix',
    `home-region:attribute=home${moved}`,
    'home-region:attribute=home:refuse',
  ]
  const plain = chance(random, 0.5)
  const changes = !plain && chance(random, 0.6)
  const first = plain || (changes && chance(random, 0.3)) ? lastWriterWins : pick(random, others)
  const policies = changes
    ? [first, ...new Set([lastWriterWins, ...others].filter((text) => text !== first && chance(random, 0.7)))]
    : [first]
  const names = Array.from({ length: keys }, (_, index) => `k${index + 1}`)
  return {
    policies,
    policyGapMs: changes ? pick(random, [1000, 5000, 15_000]) : undefined,
    resolutionGapMs: plain || chance(random, 0.3) ? undefined : pick(random, [500, 3000]),
    keyNames: plain ? names : names.map((name) => (chance(random, 0.8) ? `${pick(random, regions)}#${name}` : name)),
  }
}

const lastWriterWins = 'last-writer-wins'

/** An independent stream of dice for one purpose, so that a change of one leaves the others as they are. */
export function diceFor(seed: number, purpose: string): Random {
  let hash = seed | 0
  for (const character of purpose) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return seededRandom(hash)
}

function slowLinksOf(random: Random, regions: readonly string[]): SimulationPlan['slowLinks'] {
  const links = regions.flatMap((from) =>
    regions.flatMap((to) => (from === to ? [] : [{ from, to, ms: 1000 + integerBelow(random, 9000) }])),
  )
  return links.filter(() => chance(random, 0.3))
}

function weightsOf(random: Random): OperationWeights {
  const weight = (): number => fraction(random) ** 2
  const deletes = weight() + (chance(random, 0.3) ? 1 : 0)
  return {
    put: 0.3 + weight(),
    'put-same': chance(random, 0.3) ? weight() : 0,
    update: weight(),
    delete: 0.1 + deletes,
    create: weight(),
    replace: weight() / 2,
    get: 0.2 + weight(),
  }
}

const regionNames = ['us-east-1', 'eu-west-1', 'ap-south-1', 'us-west-2']
