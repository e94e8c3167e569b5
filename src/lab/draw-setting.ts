import type { Random } from '../base/random.ts'
import { chance, fraction, integerBelow, pick } from '../base/random.ts'
import { defaultPolicy } from '../replication/policy-text.ts'
import { smallestValue } from './smallest-value.ts'
import type { Setting, Unruliness } from './plan.ts'

/**
 * The world of a seed: how large, how slow, how unruly. Extremes are drawn as often as the middle, since the schedules that break things need one
 * thing to be much slower than the others. Half of the worlds have the policy that most tables have.
 */
export function drawSetting(random: Random): Setting {
  const regions = regionNames.slice(0, 2 + integerBelow(random, 3))
  const plain = chance(random, 0.5)
  const names = Array.from({ length: 1 + integerBelow(random, 4) }, (_, index) => `k${index + 1}`)
  return {
    regions,
    replicasAtStart: chance(random, 0.7) ? regions.length : 1 + integerBelow(random, regions.length),
    keyNames: plain ? names : names.map((name) => (chance(random, 0.8) ? `${pick(random, regions)}#${name}` : name)),
    untilMs: 15_000 + integerBelow(random, 45_000),
    clockMode: chance(random, 0.5) ? 'hlc' : 'wall',
    policy: plain ? defaultPolicy : chance(random, 0.25) ? 'merge' : pick(random, policyTexts(regions, random)),
    indexes: chance(random, 0.6),
    stream: chance(random, 0.7),
    timeToLive: chance(random, 0.35),
    flushMsMax: pick(random, [0, 2, 20, 200, 800]),
    lagMs: pick(random, [0, 20, 100, 500]),
    jitterMs: pick(random, [0, 10, 200, 2000]),
    slowLinks: chance(random, 0.5) ? slowLinksOf(random, regions) : [],
    unruliness: chance(random, 0.4) ? drawUnruliness(random) : { lost: 0, repeated: 0, overtaken: 0, lateMsMax: 0 },
    landedProbability: pick(random, [0, 0.5, 1]),
    endedIncarnationsMax: pick(random, [0, 1, 2, 50]),
  }
}

/** Those that are not the default; all of them find their homes in what the clients write. */
export function policyTexts(regions: readonly string[], random: Random): readonly string[] {
  const [one, other] = [pick(random, regions), pick(random, regions)]
  const moved = one === other ? '' : `:${one}=${other}`
  return [
    'version-check',
    'merge',
    smallestValue,
    'home-region:attribute=home',
    'home-region:key-prefix',
    `home-region:attribute=home${moved}`,
    'home-region:attribute=home:refuse',
  ]
}

function drawUnruliness(random: Random): Unruliness {
  const probability = (): number => (chance(random, 0.6) ? pick(random, [0.01, 0.05, 0.2]) : 0)
  return { lost: probability(), repeated: probability(), overtaken: probability(), lateMsMax: pick(random, [500, 8000, 60_000]) }
}

function slowLinksOf(random: Random, regions: readonly string[]): Setting['slowLinks'] {
  const links = regions.flatMap((from) =>
    regions.flatMap((to) => (from === to ? [] : [{ from, to, ms: Math.round(1000 + 9000 * fraction(random)) }])),
  )
  return links.filter(() => chance(random, 0.3))
}

const regionNames = ['us-east-1', 'eu-west-1', 'ap-south-1', 'us-west-2']
