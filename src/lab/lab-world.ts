import type { Log } from '../base/log.ts'
import { silentLog } from '../base/log.ts'
import { fraction } from '../base/random.ts'
import type { VirtualTime } from '../base/virtual-time.ts'
import type { RegionEngine } from '../engine/region-engine.ts'
import { isRefusal } from '../engine/refusal.ts'
import type { Table } from '../engine/table.ts'
import { servesItems } from '../engine/table.ts'
import { Faults } from '../world/faults.ts'
import { createMemoryStores } from '../world/memory-stores.ts'
import type { Stores } from '../world/stores.ts'
import { worldStoreName } from '../world/stores.ts'
import type { WorldOptions } from '../world/world.ts'
import { World } from '../world/world.ts'
import type { Canary } from './canaries.ts'
import type { Coverage } from './coverage.ts'
import type { History } from './history.ts'
import { tableName } from './lab-items.ts'
import type { Plan } from './plan.ts'
import { diceFor } from './plan.ts'
import { recordedStores } from './recorded-stores.ts'
import { UnrulyLinks } from './unruly-links.ts'
import type { WriteLog } from './write-log.ts'

/** The real world in virtual time, over stores whose flushes take time and that lose what was not flushed. It survives its process. */
export class LabWorld {
  readonly time: VirtualTime
  readonly #plan: Plan
  readonly #options: Omit<WorldOptions, 'random'>
  readonly #stores: Stores
  readonly #links: UnrulyLinks
  readonly #history: History
  #world: World
  #faults: Faults
  #starts = 0

  private constructor(
    parts: LabParts,
    links: UnrulyLinks,
    options: Omit<WorldOptions, 'random'>,
    opened: { world: World; faults: Faults },
  ) {
    this.time = parts.time
    this.#links = links
    this.#plan = parts.plan
    this.#history = parts.history
    this.#options = options
    this.#stores = options.stores
    this.#world = opened.world
    this.#faults = opened.faults
  }

  static async open(parts: LabParts): Promise<LabWorld> {
    const { plan, time, history, coverage, canary, writeLog, problem } = parts
    const { setting } = plan
    const [flushes, crashes] = [diceFor(plan.seed, 'flushes'), diceFor(plan.seed, 'crashes')]
    const memory = createMemoryStores({
      scheduler: time,
      flushDelayMs: () => setting.flushMsMax * fraction(flushes),
      underWay: () => (fraction(crashes) < setting.landedProbability ? 'landed' : 'lost'),
    })
    const links = new UnrulyLinks({ scheduler: time, random: diceFor(plan.seed, 'links'), coverage, unruliness: setting.unruliness })
    const log: Log = {
      ...silentLog,
      info: (event, fields) => {
        if (event === 'replica-active' || event === 'replica-removed') history.note(`${event} ${String(fields?.['region'])}`)
        if (event === 'replica-active') coverage.add('replicas added')
        if (event === 'replica-removed') coverage.add('replicas removed')
      },
      error: (event, fields) => {
        const { error } = fields ?? {}
        problem(
          `${event} in ${JSON.stringify(fields?.['region'] ?? 'the world')}: ${error instanceof Error ? (error.stack ?? '') : String(error)}`,
        )
      },
    }
    const broken = canary?.stores === undefined ? memory : canary.stores(memory)
    const options: Omit<WorldOptions, 'random'> = {
      stores: recordedStores(broken, writeLog, (region, lost) => {
        if (lost > 0) coverage.add('crashes that lost commits')
        history.note(`the store crashed, ${lost} versions were lost`, { region })
      }),
      regions: setting.regions,
      clock: time,
      clockMode: setting.clockMode,
      scheduler: time,
      profile: (from, to, random) => {
        const slow = setting.slowLinks.find((link) => link.from === from && link.to === to)
        return setting.lagMs + (slow?.ms ?? 0) + setting.jitterMs * fraction(random) ** 3
      },
      log,
      endedIncarnationsMax: setting.endedIncarnationsMax,
      // Replicas go in any order.
      sourceHoldMs: 0,
      decorateTransport: (transport) => links.around(canary?.transport === undefined ? transport : canary.transport(transport)),
    }
    return new LabWorld(parts, links, options, await start(options, plan.seed, 0))
  }

  get world(): World {
    return this.#world
  }

  get faults(): Faults {
    return this.#faults
  }

  /** Ends all faults; Regions that are down recover. */
  async mend(): Promise<void> {
    this.#links.calm()
    await this.#faults.healAll()
  }

  /** The process is killed, with all its Regions, and started again on what was durable. */
  async restart(): Promise<void> {
    this.#history.note('the process is killed')
    const before = this.#world
    for (const { name } of before.regions()) await before.crash(name)
    await this.#stores.crash(worldStoreName, await this.#stores.open(worldStoreName))
    await before.close()
    this.#starts++
    const opened = await start(this.#options, this.#plan.seed, this.#starts)
    this.#world = opened.world
    this.#faults = opened.faults
    this.#history.note('the process is up again')
  }

  /** The Region's table, if it is there and serves clients. */
  async served(region: string): Promise<{ readonly engine: RegionEngine; readonly table: Table } | undefined> {
    const engine = await this.#world.engine(region)
    if (isRefusal(engine)) return undefined
    const table = engine.table(tableName)
    return table === undefined || !servesItems(table) ? undefined : { engine, table }
  }
}

export interface LabParts {
  readonly plan: Plan
  readonly time: VirtualTime
  readonly history: History
  readonly coverage: Coverage
  readonly writeLog: WriteLog
  readonly canary: Canary | undefined
  /** Something that must never happen did. */
  readonly problem: (what: string) => void
}

async function start(options: Omit<WorldOptions, 'random'>, seed: number, starts: number): Promise<{ world: World; faults: Faults }> {
  const random = diceFor(seed, `world ${starts}`)
  const world = await World.open({ ...options, random })
  return { world, faults: new Faults(world, { clock: options.clock, scheduler: options.scheduler, random }) }
}
