import type { Random } from '../base/random.ts'
import { chance, fraction, integerBelow, pick } from '../base/random.ts'
import { sleep } from '../base/scheduler.ts'
import { isRefusal } from '../engine/refusal.ts'
import { StoreClosed } from '../storage/store.ts'
import type { Fault, FaultKind } from '../world/fault.ts'
import { runIndexChanges } from './index-changes.ts'
import { runPolicyChanges } from './policy-changes.ts'
import { runResolutions } from './resolutions.ts'
import type { StormParts } from './storm-parts.ts'
import { tableName } from './lab-world.ts'
import type { SimulationPlan } from './plan.ts'
import { diceFor } from './plan.ts'

/** Everything that goes wrong, or is done to the world, while clients work: faults, crashes, replicas that come and go. */
export async function runStorm(parts: StormParts): Promise<void> {
  const { plan } = parts
  const storms = [runFaults(parts), runIndexChanges(parts)]
  if (plan.membershipGapMs !== undefined) storms.push(runMembership(parts, plan.membershipGapMs))
  if (plan.policyGapMs !== undefined) storms.push(runPolicyChanges(parts, plan.policyGapMs))
  if (plan.resolutionGapMs !== undefined) storms.push(runResolutions(parts, plan.resolutionGapMs))
  if (plan.restartGapMs !== undefined) storms.push(runRestarts(parts, plan.restartGapMs))
  await Promise.all(storms)
}

async function runFaults({ plan, lab, history, coverage, untilMs }: StormParts): Promise<void> {
  const random = diceFor(plan.seed, 'faults')
  const phaseMs = 8000
  for (;;) {
    await sleep(lab.time, plan.faultGapMs * 2 * fraction(random))
    if (history.nowMs >= untilMs) return
    if (chance(random, plan.calm)) await sleep(lab.time, phaseMs * fraction(random))
    const fault = drawFault(plan, random)
    history.note(`fault: ${JSON.stringify(fault)}`)
    coverage.add(coverageByKind[fault.kind])
    await lab.faults.inject(fault)
  }
}

function drawFault(plan: SimulationPlan, random: Random): Fault {
  const durationMs = 1 + integerBelow(random, plan.faultMsMax)
  const [region, other] = twoOf(random, plan.regions)
  const kind = pick(random, faultKinds)
  switch (kind) {
    case 'partition':
      return { kind, between: [region, other], durationMs }
    case 'latency':
      return { kind, from: region, to: other, ms: plan.faultMsMax * fraction(random), jitterMs: 100, durationMs }
    case 'skew': {
      const ms = pick(random, [-100, -5000, -120_000, 100, 5000, 120_000])
      return { kind, region, ms, driftPpm: pick(random, [0, 0, 200, -200]), durationMs }
    }
    case 'crash':
      return { kind, region, durationMs: chance(random, 0.4) ? undefined : 1 + integerBelow(random, Math.min(5000, plan.faultMsMax)) }
    case 'pause':
    case 'outage':
      return { kind, region, durationMs }
  }
}

/** Adds and removes replicas, mostly so that two remain. */
async function runMembership({ plan, lab, history, coverage, untilMs }: StormParts, gapMs: number): Promise<void> {
  const random = diceFor(plan.seed, 'membership')
  const cameBack = new Set<string>()
  for (;;) {
    await sleep(lab.time, gapMs * 2 * fraction(random))
    if (history.nowMs >= untilMs) return
    const region = pick(random, plan.regions)
    const removals = chance(random, 0.5)
    const leavesOne = chance(random, 0.2)
    try {
      const global = lab.world.globalTables()[0]
      const members = global?.replicas.map((replica) => replica.region) ?? []
      if (members.includes(region) && (!removals || members.length <= (leavesOne ? 1 : 2))) continue
      const source = members.find((member) => member !== region) ?? plan.regions[0]
      if (source === undefined || source === region) continue
      const kind = members.includes(region) ? 'delete' : 'create'
      const begun = await lab.world.changeReplica(source, tableName, {
        kind,
        region,
        readUnitsOverride: undefined,
        tableClassOverride: undefined,
      })
      history.note(`${kind} replica ${region} at ${source}: ${isRefusal(begun) ? begun.message : 'begun'}`)
      if (isRefusal(begun)) continue
      if (kind === 'delete') cameBack.add(region)
      else coverage.add('replicas added under writes')
      if (kind === 'create' && cameBack.has(region)) coverage.add('regions that came back')
    } catch (error) {
      if (!(error instanceof StoreClosed)) throw error
      history.note(`the change of ${region} was interrupted by a crash`)
    }
  }
}

async function runRestarts({ plan, lab, history, coverage, untilMs }: StormParts, gapMs: number): Promise<void> {
  const random = diceFor(plan.seed, 'restarts')
  for (;;) {
    await sleep(lab.time, gapMs * 2 * fraction(random))
    if (history.nowMs >= untilMs) return
    coverage.add('process restarts')
    await lab.restart()
  }
}

function twoOf(random: Random, regions: readonly string[]): readonly [string, string] {
  const one = pick(random, regions)
  return [
    one,
    pick(
      random,
      regions.filter((region) => region !== one),
    ),
  ]
}

const faultKinds: readonly FaultKind['kind'][] = ['partition', 'pause', 'latency', 'latency', 'skew', 'outage', 'crash', 'crash']

const coverageByKind = {
  partition: 'partitions',
  pause: 'pauses',
  latency: 'one-way delays',
  skew: 'clock steps',
  outage: 'outages',
  crash: 'crashes',
} as const
