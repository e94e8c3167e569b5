import type { Lane, Plan, Setting, Step } from './plan.ts'

/**
 * Makes a failing plan smaller as long as it still fails: fewer lanes, steps, Regions and items, a plainer setting, less time. Deterministic: the
 * same plan gives the same result, however fast the machine is. What is left is a story that somebody can read.
 */
export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>, options: ShrinkOptions = {}): Promise<Plan> {
  const { runsMax = 600, progress } = options
  let smallest = plan
  let runs = 0
  const attempt = async (smaller: Plan): Promise<boolean> => {
    if (runs >= runsMax || JSON.stringify(smaller) === JSON.stringify(smallest)) return false
    runs++
    if (!(await fails(smaller))) return false
    smallest = smaller
    progress?.(smaller, runs)
    return true
  }
  for (let before: Plan | undefined; before !== smallest && runs < runsMax;) {
    before = smallest
    await dropLanes(() => smallest, attempt)
    await dropSteps(() => smallest, attempt)
    for (const region of smallest.setting.regions.slice(1)) await attempt(withoutRegion(smallest, region))
    for (const key of smallest.setting.keyNames) await attempt(withoutKey(smallest, key))
    for (const plainer of plainerSettings) {
      await attempt({ ...smallest, setting: plainer(smallest.setting) })
    }
    await attempt(sooner(smallest))
    await attempt(endingEarlier(smallest))
  }
  return smallest
}

export interface ShrinkOptions {
  /** How many smaller plans are tried at most. */
  readonly runsMax?: number
  readonly progress?: (smallest: Plan, runs: number) => void
}

type Attempt = (smaller: Plan) => Promise<boolean>

async function dropLanes(current: () => Plan, attempt: Attempt): Promise<void> {
  await dropChunks(
    () => current().lanes,
    (lanes) => attempt({ ...current(), lanes }),
  )
}

/** Of all lanes together first, so that a few of very many are found soon. */
async function dropSteps(current: () => Plan, attempt: Attempt): Promise<void> {
  const placed = (): readonly Placed[] => current().lanes.flatMap(({ steps }, lane) => steps.map((step) => ({ lane, step })))
  await dropChunks(placed, (kept) => attempt(withSteps(current(), kept)))
}

interface Placed {
  readonly lane: number
  readonly step: Step
}

function withSteps(plan: Plan, kept: readonly Placed[]): Plan {
  const lanes = plan.lanes.map((lane, index): Lane => ({
    ...lane,
    steps: kept.filter((each) => each.lane === index).map(({ step }) => step),
  }))
  return { ...plan, lanes: lanes.filter(({ steps }) => steps.length > 0) }
}

/** Leaves out halves, quarters, … single things (Zeller's delta debugging), until none can be left out any more. */
async function dropChunks<T>(current: () => readonly T[], attempt: (kept: readonly T[]) => Promise<boolean>): Promise<void> {
  for (let size = Math.ceil(current().length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let end = current().length; end > 0; end -= size) {
      const all = current()
      const from = Math.max(0, end - size)
      await attempt([...all.slice(0, from), ...all.slice(end)])
    }
  }
}

function withoutRegion(plan: Plan, region: string): Plan {
  const { setting } = plan
  const regions = setting.regions.filter((each) => each !== region)
  const slowLinks = setting.slowLinks.filter(({ from, to }) => from !== region && to !== region)
  const smaller = { ...setting, regions, slowLinks, replicasAtStart: Math.min(setting.replicasAtStart, regions.length) }
  return withoutMention({ ...plan, setting: smaller }, region)
}

function withoutKey(plan: Plan, key: string): Plan {
  const keyNames = plan.setting.keyNames.filter((each) => each !== key)
  return withoutMention({ ...plan, setting: { ...plan.setting, keyNames } }, key)
}

/** Without the steps that have this text among their values. */
function withoutMention(plan: Plan, text: string): Plan {
  const lanes = plan.lanes.map((lane) => ({ ...lane, steps: lane.steps.filter(({ what }) => !mentions(what, text)) }))
  return { ...plan, lanes: lanes.filter(({ steps }) => steps.length > 0) }
}

function mentions(value: unknown, text: string): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some((each) => mentions(each, text))
  return value === text
}

const plainerSettings: readonly ((setting: Setting) => Setting)[] = [
  (setting) => ({ ...setting, unruliness: { lost: 0, repeated: 0, overtaken: 0, lateMsMax: 0 } }),
  (setting) => ({ ...setting, slowLinks: [] }),
  (setting) => ({ ...setting, jitterMs: 0 }),
  (setting) => ({ ...setting, lagMs: 0 }),
  (setting) => ({ ...setting, flushMsMax: 0 }),
  (setting) => ({ ...setting, indexes: false }),
  (setting) => ({ ...setting, timeToLive: false }),
  (setting) => ({ ...setting, stream: false }),
  (setting) => ({ ...setting, policy: 'last-writer-wins' }),
  (setting) => ({ ...setting, clockMode: 'hlc' }),
  (setting) => ({ ...setting, endedIncarnationsMax: 50 }),
  (setting) => ({ ...setting, landedProbability: 0 }),
  (setting) => ({ ...setting, replicasAtStart: setting.regions.length }),
]

/** What is left in half the time. */
function sooner(plan: Plan): Plan {
  const lanes = plan.lanes.map((lane) => ({ ...lane, steps: lane.steps.map(({ atMs, what }) => ({ atMs: Math.floor(atMs / 2), what })) }))
  return { ...plan, setting: { ...plan.setting, untilMs: Math.ceil(plan.setting.untilMs / 2) }, lanes }
}

/** The storm is over with its last step. */
function endingEarlier(plan: Plan): Plan {
  const untilMs = 1 + Math.max(0, ...plan.lanes.flatMap(({ steps }) => steps.map(({ atMs }) => atMs)))
  return { ...plan, setting: { ...plan.setting, untilMs } }
}
