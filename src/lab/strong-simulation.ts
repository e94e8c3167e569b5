import type { Log } from '../base/log.ts'
import { silentLog } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { chance, fraction, integerBelow, pick } from '../base/random.ts'
import { sleep } from '../base/scheduler.ts'
import { VirtualTime } from '../base/virtual-time.ts'
import type { RegionEngine } from '../engine/region-engine.ts'
import { isRefusal } from '../engine/refusal.ts'
import { StoredItem, encodeImage } from '../engine/stored-item.ts'
import type { Table } from '../engine/table.ts'
import { itemSizeBytes } from '../item/item-size.ts'
import { defaultPolicy } from '../replication/policy-text.ts'
import { StoreClosed } from '../storage/store.ts'
import type { FaultKind } from '../world/fault.ts'
import { Faults } from '../world/faults.ts'
import { createMemoryStores } from '../world/memory-stores.ts'
import type { Stores } from '../world/stores.ts'
import { worldStoreName } from '../world/stores.ts'
import type { WorldOptions } from '../world/world.ts'
import { World } from '../world/world.ts'
import { Coverage } from './coverage.ts'
import { blueprintOf, itemKeyOf, tableName } from './lab-items.ts'
import { drawSetting } from './draw-setting.ts'
import { diceFor } from './plan.ts'
import type { StrongOperation, StrongOperationKind } from './strong-checks.ts'
import { checkStrong } from './strong-checks.ts'
import type { StrongCanary, StrongCanaryName } from './strong-canaries.ts'
import { strongCanaries } from './strong-canaries.ts'
import { UnrulyLinks } from './unruly-links.ts'
import type { Violation } from './violation.ts'

/**
 * One seed, one world with one strong table, one verdict: clients in all Regions write and read while links, Regions and the process fail; then
 * everything is mended, and what clients were answered must be linearizable, item by item.
 */
export async function runStrongSimulation(options: { readonly seed: number; readonly canary?: StrongCanaryName }): Promise<StrongReport> {
  const simulation = new StrongSimulation(options.seed, options.canary === undefined ? undefined : strongCanaries[options.canary])
  return simulation.run()
}

export interface StrongReport {
  readonly seed: number
  readonly violations: readonly Violation[]
  readonly operations: readonly StrongOperation[]
  /** What was broken and mended. */
  readonly story: readonly string[]
}

const regions = ['us-east-1', 'us-west-2', 'eu-west-1'] as const
const keyNames = ['k1', 'k2', 'k3']

class StrongSimulation {
  readonly #seed: number
  readonly #canary: StrongCanary | undefined
  readonly #time = new VirtualTime()
  readonly #operations: StrongOperation[] = []
  readonly #story: string[] = []
  readonly #violations: Violation[] = []
  readonly #witness: string | undefined
  readonly #stores: Stores
  readonly #options: Omit<WorldOptions, 'random'>
  readonly #links: UnrulyLinks
  #opened: { readonly world: World; readonly faults: Faults } | undefined
  #starts = 0

  constructor(seed: number, canary: StrongCanary | undefined) {
    this.#seed = seed
    this.#canary = canary
    const random = diceFor(seed, 'strong')
    this.#witness = chance(random, 0.4) ? regions[2] : undefined
    const [flushMsMax, lagMs, jitterMs] = [pick(random, [0, 2, 20, 200]), pick(random, [0, 20, 100]), pick(random, [0, 10, 200, 1000])]
    const landed = pick(random, [0, 0.5, 1])
    const isUnruly = chance(random, 0.4)
    const [flushes, crashes] = [diceFor(seed, 'flushes'), diceFor(seed, 'crashes')]
    const memory = createMemoryStores({
      scheduler: this.#time,
      flushDelayMs: () => flushMsMax * fraction(flushes),
      underWay: () => (fraction(crashes) < landed ? 'landed' : 'lost'),
    })
    this.#stores = this.#canary?.stores?.(memory) ?? memory
    const unruliness = isUnruly
      ? { lost: 0.05, repeated: 0.05, overtaken: 0.05, lateMsMax: 3000 }
      : { lost: 0, repeated: 0, overtaken: 0, lateMsMax: 0 }
    this.#links = new UnrulyLinks({ random: diceFor(seed, 'links'), coverage: new Coverage(), unruliness })
    const log: Log = {
      ...silentLog,
      error: (event, fields) => {
        const error = fields?.['error']
        this.#problem(`${event}: ${error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(fields)}`)
      },
    }
    this.#options = {
      stores: this.#stores,
      regions,
      clock: this.#time,
      clockMode: 'hlc',
      scheduler: this.#time,
      profile: (_from, _to, dice) => lagMs + jitterMs * fraction(dice) ** 3,
      log,
      endedIncarnationsMax: 50,
      decorateTransport: (transport) => this.#links.around(this.#canary?.transport?.(transport) ?? transport, this.#time),
    }
  }

  async run(): Promise<StrongReport> {
    try {
      await this.#time.resolve(this.#open())
      await this.#time.resolve(this.#storm(), stormMsMax)
      await this.#time.resolve(this.#mend())
      this.#violations.push(...(await this.#time.resolve(this.#judge(), stormMsMax)))
    } catch (error) {
      this.#problem(error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
    return { seed: this.#seed, violations: this.#violations, operations: this.#operations, story: this.#story }
  }

  get #world(): World {
    if (this.#opened === undefined) throw new Error('the world is open')
    return this.#opened.world
  }

  get #replicas(): readonly string[] {
    return regions.filter((region) => region !== this.#witness)
  }

  async #open(): Promise<void> {
    await this.#start()
    const [first = '', ...others] = this.#replicas
    const made = await this.#world.createTable(
      first,
      blueprintOf({ ...drawSetting(diceFor(this.#seed, 'setting')), indexes: true, stream: true, policy: defaultPolicy }),
    )
    if (isRefusal(made)) throw new Error(made.message)
    const wish = (region: string) => ({ region, readUnitsOverride: undefined, tableClassOverride: undefined })
    const action = { kind: 'create-strong', replicas: others.map(wish), witness: this.#witness } as const
    const begun = await this.#world.changeReplica(first, tableName, action)
    if (isRefusal(begun)) throw new Error(begun.message)
    await this.#world.settled()
    for (const region of others) {
      await this.#world.changeSettings(region, tableName, ({ settings }) => ({ ...settings, stream: 'NEW_AND_OLD_IMAGES' }))
    }
    this.#note(`begins${this.#witness === undefined ? '' : ` with a witness in ${this.#witness}`}`)
  }

  async #start(): Promise<void> {
    const random = diceFor(this.#seed, `world ${this.#starts}`)
    this.#starts++
    const world = await World.open({ ...this.#options, random })
    this.#opened = { world, faults: new Faults(world, { clock: this.#time, scheduler: this.#time, random }) }
  }

  async #storm(): Promise<void> {
    const clients = this.#replicas.flatMap((region) => [0, 1].map((each) => this.#client(region, `${region} ${each}`)))
    await Promise.all([...clients, this.#break()])
  }

  async #client(region: string, name: string): Promise<void> {
    const random = diceFor(this.#seed, `client ${name}`)
    const thinkMs = pick(random, [20, 200, 1000])
    for (let count = 0; count < operationsPerClient; count++) {
      await sleep(this.#time, 1 + thinkMs * fraction(random))
      const kind = pick(random, ['add', 'add', 'add', 'create', 'delete', 'read', 'read', 'weak-read'] as const)
      await this.#operate(region, kind, pick(random, keyNames))
    }
  }

  async #operate(region: string, kind: StrongOperationKind, key: string): Promise<void> {
    const served = await this.#served(region)
    if (served === undefined) return
    const id = `${this.#operations.length}`
    const operation: StrongOperation = {
      id,
      region,
      kind,
      key,
      calledAtMs: this.#time.monotonicMs(),
      answer: undefined,
      answeredAtMs: undefined,
    }
    this.#operations.push(operation)
    try {
      operation.answer = await carryOut(served, operation)
    } catch (error) {
      if (!(error instanceof StoreClosed)) throw error
      operation.answer = { kind: kind === 'read' || kind === 'weak-read' ? 'refused' : 'unknown' }
    }
    operation.answeredAtMs = this.#time.monotonicMs()
  }

  async #served(region: string): Promise<Served | undefined> {
    const engine = await this.#world.engine(region)
    if (isRefusal(engine)) return undefined
    const table = engine.table(tableName)
    return table === undefined ? undefined : { engine, table }
  }

  /** Breaks and mends, at most a few things at a time. */
  async #break(): Promise<void> {
    const random = diceFor(this.#seed, 'faults')
    const gapMs = pick(random, [500, 2000, 6000])
    const lastMs = pick(random, [300, 3000, 10_000])
    for (let count = integerBelow(random, 12); count > 0; count--) {
      await sleep(this.#time, 1 + gapMs * 2 * fraction(random))
      if (chance(random, 0.12)) await this.#restart()
      else {
        const fault = drawFault(random)
        this.#note(`fault: ${JSON.stringify(fault)}`)
        await this.#opened?.faults.inject({ ...fault, durationMs: 1 + Math.round(lastMs * fraction(random)) })
      }
    }
  }

  /** The process is killed, with all its Regions, and started again on what was durable. */
  async #restart(): Promise<void> {
    this.#note('the process is killed')
    const before = this.#world
    for (const { name } of before.regions()) await before.crash(name)
    await this.#stores.crash(worldStoreName, await this.#stores.open(worldStoreName))
    await before.close()
    await this.#start()
    this.#note('the process is up again')
  }

  async #mend(): Promise<void> {
    this.#links.calm()
    await this.#opened?.faults.healAll()
    this.#note('everything is mended')
    await sleep(this.#time, 60_000)
  }

  async #judge(): Promise<Violation[]> {
    for (const region of this.#replicas) for (const key of keyNames) await this.#operate(region, 'read', key)
    for (const { answer, region, key } of this.#operations.slice(-this.#replicas.length * keyNames.length)) {
      if (answer?.kind !== 'read') return [{ rule: 'no progress', key, message: `${region} cannot be read` }]
    }
    await sleep(this.#time, 10_000)
    return checkStrong({ world: this.#world, scheduler: this.#time, replicas: this.#replicas, keyNames, operations: this.#operations })
  }

  #note(text: string): void {
    this.#story.push(`${(this.#time.monotonicMs() / 1000).toFixed(3)}s  ${text}`)
  }

  #problem(message: string): void {
    this.#violations.push({ rule: 'something failed', key: undefined, message })
  }
}

interface Served {
  readonly engine: RegionEngine
  readonly table: Table
}

async function carryOut({ engine, table }: Served, { id, kind, key }: StrongOperation): Promise<StrongOperation['answer']> {
  const itemKey = itemKeyOf(key)
  if (kind === 'read' && !(await engine.caughtUp(table))) return { kind: 'refused' }
  if (kind === 'read' || kind === 'weak-read') return { kind: 'read', saw: valueIn(await engine.getItem(table, itemKey)) }
  const outcome = await engine.write<StrongOperation['answer']>(table, itemKey, (before) => {
    const saw = valueIn(before)
    const result = { kind: 'written', saw } as const
    const kept = { kind: 'keep', result: { kind: 'kept', saw } } as const
    if (kind === 'delete') return before === undefined ? kept : { kind: 'delete', result }
    if (kind === 'create') return before === undefined ? { kind: 'put', item: itemOf(key, id), result } : kept
    return { kind: 'put', item: itemOf(key, `${saw ?? ''}+${id}`), result }
  })
  if (outcome.kind === 'written') return outcome.result
  return { kind: outcome.kind === 'unknown' ? 'unknown' : outcome.kind === 'overtaken' ? 'overtaken' : 'refused' }
}

function itemOf(key: string, value: string): StoredItem {
  const item = { pk: { S: key }, v: { S: value } }
  return new StoredItem(encodeImage(item), itemSizeBytes(item))
}

export function valueIn(stored: StoredItem | undefined): string | undefined {
  const value = stored?.item['v']
  return value !== undefined && 'S' in value ? value.S : undefined
}

function drawFault(random: Random): FaultKind {
  const [one, other] = [pick(random, regions), pick(random, regions)]
  switch (integerBelow(random, 7)) {
    case 0:
    case 1:
      return one === other ? { kind: 'pause', region: one } : { kind: 'partition', between: [one, other] }
    case 2:
      return { kind: 'pause', region: one }
    case 3:
      return one === other
        ? { kind: 'outage', region: one }
        : { kind: 'latency', from: one, to: other, ms: integerBelow(random, 4000), jitterMs: 100 }
    case 4:
      return { kind: 'skew', region: one, ms: integerBelow(random, 20_000) - 10_000, driftPpm: 0 }
    default:
      return { kind: 'crash', region: one }
  }
}

const operationsPerClient = 30
const stormMsMax = 3_600_000
