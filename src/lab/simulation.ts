import { sleep } from '../base/scheduler.ts'
import { VirtualTime } from '../base/virtual-time.ts'
import { isRefusal } from '../engine/refusal.ts'
import type { Dot } from '../replication/dot.ts'
import { printDot } from '../replication/dot.ts'
import type { Version } from '../replication/version.ts'
import type { CanaryName } from './canaries.ts'
import { canaries } from './canaries.ts'
import { isExpiry } from './check-expiry.ts'
import { checkers } from './checkers.ts'
import { createSandbox } from '../world/sandbox.ts'
import { smallestValue, smallestValueSource } from './smallest-value.ts'
import { mergedKeys } from './merged-item.ts'
import { Coverage } from './coverage.ts'
import { planOf } from './draw-plan.ts'
import type { FinalReplica } from './final-state.ts'
import { finalState, unrest } from './final-state.ts'
import type { HistoryEvent } from './history.ts'
import { History } from './history.ts'
import { blueprintOf, itemKeyOf, tableName, valueIn } from './lab-items.ts'
import { LabWorld } from './lab-world.ts'
import type { Lane, Plan } from './plan.ts'
import { policiesOf } from './plan.ts'
import { runLanes } from './storm.ts'
import type { Violation } from './violation.ts'
import type { WrittenVersion } from './write-log.ts'
import { WriteLog } from './write-log.ts'

/**
 * One plan, one world, one verdict. Clients and faults have their way for a while (safety); then everything is mended and must come to
 * rest within a budget (liveness); then what clients saw and what replicas hold is judged against what was written.
 */
export async function runPlan(plan: Plan, canary?: CanaryName): Promise<SimulationReport> {
  const simulation = new Simulation(plan, canary)
  await simulation.run()
  return simulation.report()
}

export function runSimulation({ seed, canary }: { readonly seed: number; readonly canary?: CanaryName }): Promise<SimulationReport> {
  return runPlan(planOf(seed), canary)
}

export interface SimulationReport {
  readonly seed: number
  readonly canary: CanaryName | undefined
  readonly plan: Plan
  readonly violations: readonly Violation[]
  readonly coverage: Coverage
  readonly operations: number
  /** Virtual time that passed. */
  readonly durationMs: number
  /** SHA-256 of everything that happened, hexadecimal: equal for equal runs. */
  readonly eventHash: string
  readonly events: readonly HistoryEvent[]
}

class Simulation {
  readonly #plan: Plan
  readonly #canary: CanaryName | undefined
  readonly #time = new VirtualTime()
  readonly #history = new History(this.#time)
  readonly #coverage = new Coverage()
  readonly #violations: Violation[] = []
  readonly #writeLog: WriteLog
  readonly #keyByItemKey: ReadonlyMap<string, string>

  constructor(plan: Plan, canary: CanaryName | undefined) {
    this.#plan = plan
    this.#canary = canary
    this.#keyByItemKey = new Map([...plan.setting.keyNames, ...mergedKeys].map((key) => [Buffer.from(itemKeyOf(key)).toString('hex'), key]))
    this.#writeLog = new WriteLog({ nowMs: () => this.#history.nowMs, coverage: this.#coverage, keyName: this.#keyName })
  }

  async run(): Promise<void> {
    try {
      // The engine is read from disk, which no virtual time waits for.
      if (policiesOf(this.#plan).includes(smallestValue)) await createSandbox()
      const lab = await this.#time.resolve(this.#open())
      await this.#phase('storm', lab)
      await this.#liveness(lab)
      await this.#judge(lab)
    } catch (error) {
      this.#problem(error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
  }

  report(): SimulationReport {
    return {
      seed: this.#plan.seed,
      canary: this.#canary,
      plan: this.#plan,
      violations: this.#violations,
      coverage: this.#coverage,
      operations: this.#history.operations.length,
      durationMs: this.#history.nowMs,
      eventHash: this.#history.hash(),
      events: [...this.#history.events, ...this.#writeLog.written().map(eventOf)],
    }
  }

  readonly #keyName = (itemKey: Uint8Array): string => this.#keyByItemKey.get(Buffer.from(itemKey).toString('hex')) ?? 'unknown key'

  #problem(message: string): void {
    this.#violations.push({ rule: 'something failed', key: undefined, message })
    this.#history.note(`problem: ${message}`)
  }

  async #open(): Promise<LabWorld> {
    const { regions, replicasAtStart, timeToLive } = this.#plan.setting
    const lab = await LabWorld.open({
      plan: this.#plan,
      time: this.#time,
      history: this.#history,
      coverage: this.#coverage,
      writeLog: this.#writeLog,
      canary: this.#canary === undefined ? undefined : canaries[this.#canary],
      problem: (what) => this.#problem(what),
    })
    const [first, ...others] = regions
    if (first === undefined) throw new Error('a world without Regions')
    if (policiesOf(this.#plan).includes(smallestValue)) await lab.world.functions.register(smallestValueSource)
    await lab.world.createTable(first, blueprintOf(this.#plan.setting))
    if (timeToLive) await lab.world.changeSettings(first, tableName, ({ settings }) => ({ ...settings, timeToLive: 'until' }))
    for (const region of others.slice(0, replicasAtStart - 1)) {
      const change = { kind: 'create', region, readUnitsOverride: undefined, tableClassOverride: undefined } as const
      const begun = await lab.world.changeReplica(first, tableName, change)
      if (isRefusal(begun)) throw new Error(begun.message)
      await lab.world.settled()
    }
    this.#history.note(`begins: ${JSON.stringify(this.#plan.setting)}`)
    return lab
  }

  async #phase(when: Lane['when'], lab: LabWorld): Promise<void> {
    const scene = { plan: this.#plan, lab, history: this.#history, coverage: this.#coverage, writeLog: this.#writeLog }
    await this.#time.resolve(runLanes(when, scene), this.#plan.setting.untilMs + operationMsMax)
  }

  async #liveness(lab: LabWorld): Promise<void> {
    this.#history.note('everything is mended')
    await this.#time.resolve(lab.mend())
    await this.#phase('mended', lab)
    // By then everything has expired that anybody still may delete.
    if (this.#plan.setting.timeToLive) await this.#time.advance(expiryMsMax)
    let why: string | undefined = 'not looked at'
    const untilMs = this.#history.nowMs + quiescenceMsMax
    while (why !== undefined && this.#history.nowMs < untilMs) {
      await this.#time.resolve(sleep(this.#time, 2000))
      why = await this.#time.resolve(unrest(lab.world, this.#time))
    }
    if (why !== undefined) this.#violations.push({ rule: 'no progress', key: undefined, message: why })
    this.#history.note(why === undefined ? 'at rest' : `not at rest: ${why}`)
  }

  async #judge(lab: LabWorld): Promise<void> {
    const written = this.#writeLog.written()
    for (const dot of this.#writeLog.reusedDots()) this.#violations.push({ rule: 'a dot names two writes', key: undefined, message: dot })
    const state = await this.#time.resolve(finalState(lab.world, this.#time, this.#keyName))
    const { operations } = this.#history
    const about = { plan: this.#plan, history: this.#history, world: lab.world, nowMs: this.#time.nowMs(), keyName: this.#keyName }
    const facts = { ...about, operations, written, state }
    for (const check of checkers) this.#violations.push(...(await this.#time.resolve(Promise.resolve(check(facts)))))
    for (const { region, digest, shownByKey } of state.replicas) {
      this.#history.note(`ends with ${digest}`, { region })
      for (const [key, shown] of shownByKey) this.#history.note(`shows ${key} = ${valueIn(shown) ?? 'nothing'}`, { region, key })
    }
    const { conflicts } = state
    this.#coverage.add('items that expired', written.filter(isExpiry).length)
    this.#coverage.add('writes with unknown outcome', operations.filter(({ answer }) => answer?.kind === 'unknown').length)
    this.#coverage.add('conflicts', conflicts.length)
    this.#coverage.add('conflicts left open', conflicts.filter(({ open }) => open).length)
    this.#coverage.add('losers that a client had read', conflicts.filter(({ read }) => read).length)
    this.#coverage.add(
      'conflicts that the highest version lost',
      state.replicas.reduce((sum, replica) => sum + notHighest(replica), 0),
    )
    const collected = written.filter(
      ({ version, seen, state }) => version.base === undefined && state === 'durable' && hasPredecessor(version, seen, written),
    )
    this.#coverage.add('writes after a collected tombstone', collected.length)
    for (const table of lab.world.globalTables()) this.#coverage.add('incarnations retired', Object.keys(table.membership.dropped).length)
    this.#coverage.add('ledger entries', conflicts.filter((entry) => !entry.withdrawn).length)
    this.#coverage.add('entries withdrawn', conflicts.filter((entry) => entry.withdrawn).length)
    this.#coverage.add('harmless entries', conflicts.filter((entry) => entry.harmless).length)
  }
}

/** Longer than any operation can take: what is not answered by then never will be. */
const operationMsMax = 600_000
/** What a Region leaves to another is its own after ten minutes. */
const expiryMsMax = 11 * 60_000
/** The longest retry is a minute; a few of them one after the other. */
const quiescenceMsMax = 300_000

function hasPredecessor(version: Version, seen: ReadonlyMap<string, number>, written: readonly WrittenVersion[]): boolean {
  return written.some(
    ({ version: other }) =>
      other !== version && Buffer.compare(other.itemKey, version.itemKey) === 0 && (seen.get(other.dot.incarnation) ?? 0) >= other.dot.n,
  )
}

/** Items of which the policy shows another version than the highest. */
function notHighest({ siblingsByKey, shownByKey }: FinalReplica): number {
  return [...shownByKey].filter(([key, shown]) => siblingsByKey.get(key)?.at(-1) !== shown).length
}

/** For the story: what a Region wrote, with what it had seen. */
function eventOf({ version, key, value, state, seen, committedAtMs }: WrittenVersion): HistoryEvent {
  const short = (dot: Dot): string => `${dot.incarnation.slice(0, 4)}:${dot.n}`
  const context = [...seen].map(([incarnation, n]) => short({ incarnation, n })).join(' ')
  const base = version.base === undefined ? 'nothing' : short(version.base.dot)
  const text = `commits ${printDot(version.dot)} ${value ?? 'deletion'} on ${base}, timestamp ${version.timestamp}, seen ${context || 'nothing'} (${state})`
  return { atMs: committedAtMs, region: version.region, key, text }
}
