import { regionOf } from '../base/account-region.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Scheduler } from '../base/scheduler.ts'
import type { ChangeSink } from '../engine/change-sink.ts'
import type { Refusal } from '../engine/refusal.ts'
import { isRefusal, refuse } from '../engine/refusal.ts'
import type { RegionEngine } from '../engine/region-engine.ts'
import type { Table } from '../engine/table.ts'
import type { OnExpired } from '../engine/housekeeping.ts'
import type { TableFillers } from '../engine/table-filling.ts'
import type { OnApplied } from '../replication/inbox.ts'
import type { CustomFunctions } from '../replication/custom-function.ts'
import type { Transport } from '../replication/messages.ts'
import type { Exports } from '../transfer/exports.ts'
import type { ObjectStore } from '../transfer/object-store.ts'
import type { ClockMode } from '../replication/region-clock.ts'
import { isAwsRegion } from './aws-regions.ts'
import type { LagProfile } from './lag-profile.ts'
import { Network } from './network.ts'
import type { Unauthorized } from './permitted-links.ts'
import { PermittedLinks } from './permitted-links.ts'
import type { RegionHooks, Running } from './region-node.ts'
import { RegionNode } from './region-node.ts'
import type { Stores } from './stores.ts'

/**
 * The Regions that were used so far, those of each account by themselves, and the links between them. A Region starts when it is first asked for. It
 * does not know which tables are global.
 */
export class Regions {
  readonly network: Network
  readonly #options: RegionsOptions
  /** Undefined: whatever accounts there are, all links carry everything. */
  readonly #links: PermittedLinks | undefined
  readonly #functions: CustomFunctions
  readonly #hooks: RegionHooks
  readonly #nodeByName = new Map<string, RegionNode>()
  readonly #startingByName = new Map<string, Promise<RegionNode>>()

  constructor(options: RegionsOptions, functions: CustomFunctions, hooks: RegionHooks) {
    this.#options = options
    this.#functions = functions
    this.#hooks = hooks
    const { scheduler, random, profile, unauthorized } = options
    this.network = new Network({
      scheduler,
      random,
      profile,
      deliver: (from, to, message) => this.#nodeByName.get(to)?.receive(from, message),
      linkUp: (from, to) => {
        this.#nodeByName.get(from)?.linkUp(to)
        hooks.linkUp()
      },
    })
    const linkUp = (from: string, to: string): void => this.#nodeByName.get(from)?.linkUp(to)
    this.#links =
      unauthorized && new PermittedLinks({ unauthorized, linkUp, tableOf: (region, globalId) => this.#tableOf(region, globalId) })
  }

  /** By name, in order. */
  all(): readonly RegionNode[] {
    return [...this.#nodeByName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  get(name: string): RegionNode | undefined {
    return this.#nodeByName.get(name)
  }

  /** What accounts have of a Region, that of the default account among it. */
  ofAccounts(region: string): readonly RegionNode[] {
    return this.all().filter(({ name }) => regionOf(name) === region)
  }

  /** The Region's parts; undefined when it was not used yet, and while it is crashed. */
  running(name: string): Running | undefined {
    return this.#nodeByName.get(name)?.running
  }

  /** The Region, which need not have been started. */
  node(name: string): RegionNode {
    let node = this.#nodeByName.get(name)
    if (node === undefined) {
      const { stores, clock, clockMode, scheduler, random, log, decorateTransport } = this.#options
      const {
        sweepEveryMs = 1000,
        indexDelayMs = 0,
        lifecycleDelayMs = 0,
        fillers = {},
        objects,
        changeSink,
        applied,
        expired,
        logBytesMax,
      } = this.#options
      const transport = (from: string): Transport => {
        const plain = this.network.transport(from)
        const permitted = this.#links?.transport(plain, from) ?? plain
        return decorateTransport === undefined ? permitted : decorateTransport(permitted, from)
      }
      const paces = { sweepEveryMs, indexDelayMs, lifecycleDelayMs }
      const isUp = (from: string, to: string, subject?: string): boolean => this.network.isUp(from, to, subject)
      const parts = { stores, clock, clockMode, scheduler, random, log, transport, isUp }
      const region = regionOf(name)
      node = new RegionNode(
        name,
        { ...parts, ...paces, fillers, objects, changeSink, applied, expired, logBytesMax, functions: this.#functions, hooks: this.#hooks },
        region === name ? undefined : this.node(region),
      )
      this.#nodeByName.set(name, node)
    }
    return node
  }

  /** Whether what one Region sends reaches the other: both answer, and nothing is between them. */
  isUp(from: string, to: string): boolean {
    const answers = (name: string): boolean => this.#nodeByName.get(name)?.cutOff === false
    return answers(from) && answers(to) && this.network.isUp(from, to)
  }

  async engine(name: string): Promise<RegionEngine | Refusal> {
    const region = regionOf(name)
    if (!isAwsRegion(region)) return refuse('not-found', `Region ${region} is not supported.`)
    let node = this.#nodeByName.get(name)
    // The first to ask for a Region starts it; who asks meanwhile waits too.
    if (node?.running === undefined) node = await this.start(name)
    const { running } = node
    return running === undefined || node.cutOff ? refuse('unavailable', `Region ${region} does not answer.`) : running.engine
  }

  async exports(name: string): Promise<Exports | Refusal> {
    const engine = await this.engine(name)
    if (isRefusal(engine)) return engine
    return this.running(name)?.exports ?? refuse('invalid', nothingForS3)
  }

  /** Starts a Region at its first use. One that crashed later stays down: {@link recover} starts it. */
  async start(name: string): Promise<RegionNode> {
    const region = regionOf(name)
    // While the Region is down, no account has it.
    if (region !== name && (await this.start(region)).running === undefined) return this.node(name)
    const starting = this.#startingByName.get(name)
    if (starting !== undefined) return starting
    const promise = this.#begin(this.node(name))
    this.#startingByName.set(name, promise)
    return promise
  }

  /** The table of a Region's replica, as it is now. */
  #tableOf(region: string, globalId: string): Table | undefined {
    const running = this.running(region)
    const opened = running?.replication.replica(globalId)?.table
    return opened && running?.engine.current(opened)
  }

  /** Kills a Region without a flush, in all accounts. */
  async crash(name: string): Promise<void> {
    if (this.#nodeByName.get(name) === undefined) return
    await Promise.all(this.ofAccounts(name).map((node) => node.crash()))
    this.#options.log.warn('region-crashed', { region: name })
  }

  /** Starts a crashed Region on what was durable; false when it was not crashed. */
  async recover(name: string): Promise<boolean> {
    const node = this.#nodeByName.get(name)
    if (node === undefined || node.running !== undefined) return false
    for (const each of this.ofAccounts(name)) if (each.running === undefined) await this.#begin(each)
    this.#options.log.info('region-recovered', { region: name })
    return true
  }

  async close(): Promise<void> {
    for (const node of this.#nodeByName.values()) await node.close()
  }

  /** That it came up is to the others as if the links to it did. */
  async #begin(node: RegionNode): Promise<RegionNode> {
    const before = node.running
    await node.start()
    const { running } = node
    if (running !== before) {
      running?.engine.onTableChange((table) => {
        this.#links?.changed(table)
        this.#hooks.tableChanged(table)
      })
    }
    for (const other of this.#nodeByName.values()) if (other !== node) other.linkUp(node.name)
    return node
  }
}

const nothingForS3 = 'Exports and imports need a folder that stands for S3: start everywrite with --s3 DIR, or with --data DIR'

export interface RegionsOptions {
  /** How large a replica's log may become for the sake of one member before that one is expelled, bytes; 10 GiB when left out. */
  readonly logBytesMax?: number | undefined
  /** How long between two looks for expired items, ms; 1000 when left out. */
  readonly sweepEveryMs?: number
  /** How long entries of global indexes wait behind their items, ms; 0 when left out. */
  readonly indexDelayMs?: number
  /** What fills new tables, beside what the engine fills by itself; nothing when left out. */
  readonly fillers?: TableFillers
  /** Where the changes of tables with destinations go; without one, destinations stay as they were asked for. */
  readonly changeSink?: ChangeSink
  /** How long tables, indexes and some settings take to become what they were told to be, ms; 0 when left out: as long as it takes. */
  readonly lifecycleDelayMs?: number
  /** Where exports go and imports come from; there is no such place when left out. */
  readonly objects?: ObjectStore | undefined
  /** Is told what it took to apply another Region's writes; each Region's table has an id of its own. */
  readonly applied?: OnApplied
  readonly expired?: OnExpired
  readonly stores: Stores
  readonly clock: Clock
  readonly clockMode: ClockMode
  readonly scheduler: Scheduler
  readonly random: Random
  readonly profile: LagProfile
  readonly log: Log
  /** Which replicas of several accounts do not permit that they are replicated; they do when left out. */
  readonly unauthorized?: Unauthorized
  /** Puts something between a Region and what it sends with. */
  readonly decorateTransport?: (transport: Transport, from: string) => Transport
}
