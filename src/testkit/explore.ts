import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb'
import { DynamoDBClient, DynamoDBServiceException } from '@aws-sdk/client-dynamodb'
import type { Random } from '../base/random.ts'
import { fraction, seededRandom } from '../base/random.ts'
import { sleep } from '../base/scheduler.ts'
import { environmentVariable } from '../base/system-environment.ts'
import { VirtualTime } from '../base/virtual-time.ts'
import type { ExplorationPlan, FaultName, PlannedFault } from './exploration-plan.ts'
import { parsePlan, planRun, printPlan, simplerPlans, usualFaults } from './exploration-plan.ts'
import type { Answer, Passage } from './in-process-handler.ts'
import { TestWorld, usualRegions } from './start-world.ts'
import { Story, errorName } from './story.ts'

/** An application's use of its tables, and what must hold of it whatever happens. */
export interface Scenario {
  readonly tables: readonly CreateTableCommandInput[]
  /** Three when left out. */
  readonly regions?: readonly string[]
  /** What is there before; it is in every Region when the actors begin. */
  arrange?(world: TestWorld): Promise<void>
  /** They run at the same time, each in a Region, while replication lags and faults come and go. */
  readonly actors: readonly Actor[]
  /**
   * Looks at the world after everything was healed and replicated.
   * @throws when what must hold does not, as the assertions of any test library do; or returns false
   */
  invariant(world: TestWorld): Promise<boolean | void>
}

export interface Actor {
  readonly name: string
  /** Where its client is. */
  readonly region: string
  /**
   * What it does. Requests that fail for a fault are repeated as the SDK does, in virtual time; when one still fails, the actor has given up, which
   * is no bug of it. Any other error that it lets pass ends the exploration.
   */
  run(client: DynamoDBClient): Promise<void>
}

export interface ExploreOptions {
  /** 200 when left out. */
  readonly runs?: number
  /** The seed of the first run; 1 when left out. */
  readonly seed?: number
  /** Which faults come; all when left out, none: only lag and interleaving. */
  readonly faults?: readonly FaultName[]
  readonly clockMode?: 'hlc' | 'wall'
  /** A run that was found before: its `replay`. The environment variable EVERYWRITE_REPLAY does the same. */
  readonly replay?: string
  /** Is told after each run. */
  readonly progress?: (done: number, of: number, broken: number) => void
}

export interface Exploration {
  readonly runs: number
  /** Runs in which the invariant did not hold. */
  readonly broken: number
  /** The shortest of them that was found. */
  readonly shortest: BrokenRun | undefined
  /** @throws the story of the shortest run that broke the invariant */
  assertHolds(): void
}

export interface BrokenRun {
  readonly plan: ExplorationPlan
  /** What happened, in order, a line each. */
  readonly story: readonly string[]
  /** What the invariant said. */
  readonly reason: unknown
  /** What repeats it: `explore(scenario, { replay })`, or the environment variable EVERYWRITE_REPLAY. */
  readonly replay: string
}

/**
 * Runs a scenario again and again in virtual time, each time with other delays, interleavings and faults, and looks for the shortest run that breaks its
 * invariant: the lost update that production would find.
 */
export async function explore(scenario: Scenario, options: ExploreOptions = {}): Promise<Exploration> {
  const { runs = 200, seed = 1, faults = usualFaults, clockMode = 'hlc' } = options
  const replay = options.replay ?? environmentVariable('EVERYWRITE_REPLAY')
  if (replay !== undefined) {
    const found = await runOnce(scenario, parsePlan(replay), clockMode)
    return exploration(1, found === undefined ? 0 : 1, found)
  }
  const { regions = usualRegions } = scenario
  let broken = 0
  let shortest: BrokenRun | undefined
  for (let run = 0; run < runs; run++) {
    const found = await runOnce(scenario, planRun(seed + run, regions, faults), clockMode)
    if (found !== undefined) {
      broken++
      if (shortest === undefined || lengthOf(found) < lengthOf(shortest)) shortest = found
    }
    options.progress?.(run + 1, runs, broken)
  }
  if (shortest !== undefined) shortest = await simplify(scenario, shortest, clockMode)
  return exploration(runs, broken, shortest)
}

function exploration(runs: number, broken: number, shortest: BrokenRun | undefined): Exploration {
  return {
    runs,
    broken,
    shortest,
    assertHolds() {
      if (shortest !== undefined) throw new Error(printBroken(runs, broken, shortest), { cause: shortest.reason })
    },
  }
}

function printBroken(runs: number, broken: number, { story, reason, replay }: BrokenRun): string {
  const why = reason instanceof Error ? reason.message : String(reason)
  return [
    `The invariant does not hold in ${broken} of ${runs} runs. The shortest:`,
    ...story.map((line) => `  ${line}`),
    `  and then: ${why}`,
    `To see it again: EVERYWRITE_REPLAY=${replay}`,
  ].join('\n')
}

/** Fewer faults first, then fewer lines. */
function lengthOf({ plan, story }: BrokenRun): number {
  return 1000 * plan.faults.length + story.length
}

/** Takes out of a broken run what it does not need. */
async function simplify(scenario: Scenario, broken: BrokenRun, clockMode: 'hlc' | 'wall'): Promise<BrokenRun> {
  for (const plan of simplerPlans(broken.plan)) {
    const simpler = await runOnce(scenario, plan, clockMode)
    if (simpler !== undefined && lengthOf(simpler) <= lengthOf(broken)) return simplify(scenario, simpler, clockMode)
  }
  return broken
}

/** @returns undefined when the invariant holds */
async function runOnce(scenario: Scenario, plan: ExplorationPlan, clockMode: 'hlc' | 'wall'): Promise<BrokenRun | undefined> {
  const time = new VirtualTime()
  const story = new Story(time)
  const [links, pauses] = [seededRandom(plan.seed * 2 + 1), seededRandom(plan.seed * 2)]
  let calm = true
  const lag = (): number => (calm ? 0 : plan.lagMsMax * fraction(links))
  const { regions = usualRegions, tables, actors } = scenario
  const world = await TestWorld.start({ regions, time: 'virtual', seed: plan.seed, clockMode, lag }, time)
  try {
    for (const table of tables) await world.createTable(table)
    await scenario.arrange?.(world)
    await world.settle()
    calm = false
    story.begin()
    const faults = plan.faults.map((planned) => time.resolve(bring(world, time, planned, story)))
    await Promise.all(actors.map((actor) => act(world, actor, story, unsteady(plan, time, pauses))))
    await Promise.all(faults)
    await world.heal()
    await world.settle()
    const reason = await judge(scenario, world)
    if (reason === undefined) return undefined
    for (const conflict of await world.conflicts(undefined, { harmless: true })) story.lost(conflict)
    return { plan, story: story.lines, reason, replay: printPlan(plan) }
  } finally {
    await world.close()
  }
}

/** @returns what the invariant has against the world; undefined when it holds */
async function judge(scenario: Scenario, world: TestWorld): Promise<unknown> {
  try {
    return (await scenario.invariant(world)) === false ? new Error('the invariant does not hold') : undefined
  } catch (error) {
    return error
  }
}

async function bring(world: TestWorld, time: VirtualTime, { atMs, durationMs, fault }: PlannedFault, story: Story): Promise<void> {
  await sleep(time, atMs)
  const broken = await world.break(fault)
  story.fault(fault)
  await sleep(time, durationMs)
  await broken.heal()
  story.healed(fault)
}

async function act(world: TestWorld, actor: Actor, story: Story, passage: Passage): Promise<void> {
  const client = new DynamoDBClient(
    world.clientConfig(actor.region, async (call, attempt) => {
      const answer = await passage(call, attempt)
      story.request(actor, call, answer)
      return answer
    }),
  )
  try {
    await actor.run(client)
  } catch (error) {
    story.gaveUp(actor, error)
    if (!isFault(error)) throw error
  } finally {
    client.destroy()
  }
}

/** What the SDK would repeat, and an actor need not expect: the Region was down for longer than it tried. */
function isFault(error: unknown): boolean {
  return error instanceof DynamoDBServiceException && (error.$fault === 'server' || throttled.has(error.name))
}

function isTransient({ status, body }: Answer): boolean {
  return status >= 500 || (status === 400 && throttled.has(errorName(body)))
}

/** An actor pauses before each request, and repeats as the SDK's standard mode does: three attempts, with a random delay that doubles. */
function unsteady(plan: ExplorationPlan, time: VirtualTime, dice: Random): Passage {
  return async (_call, attempt) => {
    await sleep(time, plan.pauseMsMax * fraction(dice))
    let answer = await attempt()
    for (let retry = 0; retry < retriesMax && isTransient(answer); retry++) {
      await sleep(time, fraction(dice) * Math.min(20_000, 100 * 2 ** retry))
      answer = await attempt()
    }
    return answer
  }
}

const retriesMax = 2
const throttled: ReadonlySet<string> = new Set(['ProvisionedThroughputExceededException', 'ThrottlingException'])
