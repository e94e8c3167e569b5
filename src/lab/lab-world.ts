import type { Log } from '../base/log.ts'
import { silentLog } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { fraction } from '../base/random.ts'
import type { VirtualTime } from '../base/virtual-time.ts'
import type { RegionEngine } from '../engine/region-engine.ts'
import { isRefusal } from '../engine/refusal.ts'
import type { Table } from '../engine/table.ts'
import { servesItems } from '../engine/table.ts'
import type { Store } from '../storage/store.ts'
import { StoreClosed } from '../storage/store.ts'
import { Faults } from '../world/faults.ts'
import { createMemoryStores } from '../world/memory-stores.ts'
import type { Stores } from '../world/stores.ts'
import type { WorldOptions } from '../world/world.ts'
import { World } from '../world/world.ts'
import type { CallPoint, Strike } from './call-points.ts'
import { CallPoints, interruptedStore, interruptedTransport } from './call-points.ts'
import type { Canary } from './canaries.ts'
import type { Coverage } from './coverage.ts'
import type { History } from './history.ts'
import { tableName } from './lab-items.ts'
import type { Plan } from './plan.ts'
import { diceFor } from './plan.ts'
import { ProcessLife } from './process-life.ts'
import { recordedStores } from './recorded-stores.ts'
import { UnrulyLinks } from './unruly-links.ts'
import type { WriteLog } from './write-log.ts'

/**
 * The real world in virtual time, over stores whose flushes take time and that lose what was not flushed. It survives its process: a process that
 * was killed is started again on what was durable.
 */
export class LabWorld {
  readonly time: VirtualTime
  readonly #parts: LabParts
  readonly #points = new CallPoints()
  readonly #links: UnrulyLinks
  readonly #stores: Stores
  readonly #openByName = new Map<string, Store>()
  #life: ProcessLife
  /** Undefined until it is up. */
  #process: Process | undefined
  /** The start that is under way, or the last one. */
  #starting: Promise<void> = Promise.resolve()
  #starts = 0

  private constructor(parts: LabParts) {
    const { plan, time, history, coverage, canary, writeLog } = parts
    const { setting } = plan
    const [flushes, crashes] = [diceFor(plan.seed, 'flushes'), diceFor(plan.seed, 'crashes')]
    const memory = createMemoryStores({
      scheduler: time,
      flushDelayMs: () => setting.flushMsMax * fraction(flushes),
      underWay: () => (fraction(crashes) < setting.landedProbability ? 'landed' : 'lost'),
    })
    this.time = time
    this.#life = new ProcessLife(time)
    this.#parts = parts
    this.#links = new UnrulyLinks({ random: diceFor(plan.seed, 'links'), coverage, unruliness: setting.unruliness })
    this.#stores = recordedStores(canary?.stores?.(memory, time) ?? memory, writeLog, (region, lost) => {
      if (lost > 0) coverage.add('crashes that lost commits')
      history.note(`the store crashed, ${lost} versions were lost`, { region })
    })
  }

  static async open(parts: LabParts): Promise<LabWorld> {
    const lab = new LabWorld(parts)
    await lab.#start(lab.#life)
    return lab
  }

  get world(): World {
    return this.#running.world
  }

  get faults(): Faults {
    return this.#running.faults
  }

  get #running(): Process {
    if (this.#process === undefined) throw new StoreClosed('the process is not up')
    return this.#process
  }

  /** Waits for something that the process does, as long as it lives. */
  async alive(work: () => Promise<void>): Promise<void> {
    const { life } = this.#running
    await Promise.race([work(), life.killed])
  }

  /** Ends all faults; Regions that are down recover. */
  async mend(): Promise<void> {
    this.#links.calm()
    this.#points.disarm()
    while (this.#process === undefined) await this.#starting
    await this.faults.healAll()
  }

  /** Lets something die at a point that is counted from now. */
  crashAtCall(region: string | undefined, skipped: number, strike: Strike): void {
    this.#points.arm(region, skipped, async (point) => {
      try {
        await strike(point)
      } catch (error) {
        // What was to recover from it was killed meanwhile.
        if (!(error instanceof StoreClosed)) this.#parts.problem(String(error))
      }
    })
  }

  /** The process dies here and now, with all its Regions, be it while it starts; it is started again on what was durable. */
  kill(): void {
    const dead = this.#process?.world
    this.#process = undefined
    this.#life.end()
    if (dead !== undefined) bury(dead)
    const life = new ProcessLife(this.time)
    this.#life = life
    this.#parts.history.note('the process is killed')
    const crashed = Promise.all([...this.#openByName].map(([name, store]) => this.#stores.crash(name, store)))
    this.#starting = crashed.then(() => this.#start(life))
    this.#starting.catch((error: unknown) => this.#parts.problem(String(error)))
  }

  async #start(life: ProcessLife): Promise<void> {
    if (life.isOver) return
    const { plan, time, history } = this.#parts
    const random = diceFor(plan.seed, `world ${this.#starts++}`)
    const opening = World.open(this.#optionsFor(life, random))
    try {
      const world = await Promise.race([opening, life.killed])
      if (life.isOver) throw new StoreClosed()
      this.#process = { life, world, faults: new Faults(world, { clock: time, scheduler: life, random }) }
      history.note('the process is up')
    } catch (error) {
      // Who killed it while it started has begun the next start.
      if (!life.isOver) throw error
      opening.then(bury, () => undefined)
    }
  }

  #optionsFor(life: ProcessLife, random: Random): WorldOptions {
    const { plan, time, canary } = this.#parts
    const { setting } = plan
    const pass = (name: string, point: CallPoint): Promise<void> | undefined => {
      if (life.isOver) return undefined
      return this.#points.pass(name, point, this.#process?.world.region(name)?.running !== undefined)
    }
    return {
      random,
      stores: {
        open: async (name) => {
          if (life.isOver) throw new StoreClosed()
          const store = await this.#stores.open(name)
          this.#openByName.set(name, store)
          return interruptedStore(store, (point) => pass(name, point))
        },
        crash: async (name, store) => {
          if (!life.isOver) await this.#stores.crash(name, this.#openByName.get(name) ?? store)
        },
        regions: () => this.#stores.regions(),
      },
      regions: setting.regions,
      clock: time,
      clockMode: setting.clockMode,
      scheduler: life,
      profile: (from, to, dice) => {
        const slow = setting.slowLinks.find((link) => link.from === from && link.to === to)
        return setting.lagMs + (slow?.ms ?? 0) + setting.jitterMs * fraction(dice) ** 3
      },
      log: this.#logOf(life),
      endedIncarnationsMax: setting.endedIncarnationsMax,
      // Replicas go in any order.
      sourceHoldMs: 0,
      decorateTransport: (transport, from) => {
        const broken = canary?.transport === undefined ? transport : canary.transport(transport)
        return interruptedTransport(this.#links.around(broken, life), (point) => pass(from, point))
      },
    }
  }

  #logOf(life: ProcessLife): Log {
    const { history, coverage, problem } = this.#parts
    return {
      ...silentLog,
      info: (event, fields) => {
        if (life.isOver) return
        if (event === 'replica-active' || event === 'replica-removed') history.note(`${event} ${String(fields?.['region'])}`)
        if (event === 'replica-active') coverage.add('replicas added')
        if (event === 'replica-removed') coverage.add('replicas removed')
      },
      error: (event, fields) => {
        if (life.isOver) return
        const { error } = fields ?? {}
        problem(
          `${event} in ${JSON.stringify(fields?.['region'] ?? 'the world')}: ${error instanceof Error ? (error.stack ?? '') : String(error)}`,
        )
      },
    }
  }

  /** The Region's table, if it is there and serves clients. */
  async served(region: string): Promise<{ readonly engine: RegionEngine; readonly table: Table } | undefined> {
    const engine = await this.world.engine(region)
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

interface Process {
  readonly life: ProcessLife
  readonly world: World
  readonly faults: Faults
}

/** What still goes on of a dead process must not take its Regions for alive. */
function bury(dead: World): void {
  for (const { name } of dead.regions()) void dead.crash(name)
}
