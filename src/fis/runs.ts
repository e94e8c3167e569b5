import { accountOf, defaultAccount, regionOf } from '../base/account-region.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Cancel, Scheduler } from '../base/scheduler.ts'
import type { Faults } from '../world/faults.ts'
import { parseDuration } from './duration.ts'
import type { ActionStatus, Experiment, ExperimentStatus, RunningAction, State } from './experiment.ts'
import { isActive, isOver } from './experiment.ts'
import { pauseReplication } from './known-actions.ts'
import type { AskDynamoDb, FoundTable } from './targets.ts'
import { resolveTarget } from './targets.ts'

/**
 * Carries experiments out.
 *
 *   initiating ── targets known ──> running ── every action over ──> completed
 *        │ none found                  │ stop            │ an action failed
 *        └──────> failed           stopping ──> stopped  └──> failed
 *
 * What an action breaks is an ordinary fault. What an experiment is and has come to is kept at each step, so after a restart it goes on: an action whose time
 * has passed meanwhile is completed, another one breaks again what it broke for the time that it has left.
 */
export class Runs {
  readonly #ports: RunPorts
  readonly #experimentById = new Map<string, Experiment>()
  /** Of actions that run, by experiment and name. */
  readonly #underWay = new Map<string, { readonly faultIds: readonly string[]; readonly cancel: Cancel }>()
  /** One step of an experiment after the other. */
  #steps: Promise<void> = Promise.resolve()
  #closed = false

  constructor(ports: RunPorts, kept: readonly Experiment[]) {
    this.#ports = ports
    for (const experiment of kept) this.#experimentById.set(experiment.id, experiment)
  }

  /** Goes on with what was under way. */
  resume(): void {
    for (const experiment of this.#experimentById.values()) if (isActive(experiment)) this.#do(() => this.#resume(experiment.id))
  }

  all(): readonly Experiment[] {
    return [...this.#experimentById.values()]
  }

  get(id: string): Experiment | undefined {
    return this.#experimentById.get(id)
  }

  /** Begins; settles when that is durable. */
  async start(experiment: Experiment): Promise<void> {
    await this.#put(experiment)
    this.#do(() => this.#initiate(experiment.id))
  }

  /** Changes nothing of how it goes. */
  async retag(id: string, tags: Experiment['tags']): Promise<void> {
    await this.#change(id, () => ({ tags }))
  }

  /** Begins to end it; false when it is over already. */
  async stop(id: string): Promise<boolean> {
    const experiment = this.get(id)
    if (experiment === undefined || !isActive(experiment)) return false
    if (experiment.state.status === 'stopping') return true
    await this.#change(id, () => ({ state: { status: 'stopping', reason: 'Stopping Experiment.' } }))
    this.#do(() => this.#end(id, { status: 'stopped', reason: 'Experiment stopped.' }))
    return true
  }

  /** Breaks nothing any more, and mends nothing: the process ends, and goes on with it when it is back. */
  close(): void {
    this.#closed = true
    for (const { cancel } of this.#underWay.values()) cancel()
    this.#underWay.clear()
  }

  /** Settles when all that was to be done now is done. */
  async settled(): Promise<void> {
    for (let steps; steps !== this.#steps;) await (steps = this.#steps)
  }

  #do(step: () => Promise<void>): void {
    this.#steps = this.#steps.then(async () => {
      if (this.#closed) return
      try {
        await step()
      } catch (error) {
        if (!this.#closed) this.#ports.log.error('experiment-step-failed', { error })
      }
    })
  }

  async #resume(id: string): Promise<void> {
    const experiment = this.get(id)
    if (experiment === undefined) return
    if (experiment.state.status === 'stopping') return this.#end(id, { status: 'stopped', reason: 'Experiment stopped.' })
    if (experiment.state.status !== 'running') return this.#initiate(id)
    for (const [name, action] of Object.entries(experiment.actions)) {
      if (action.state.status === 'running' || action.state.status === 'initiating') await this.#run(id, name, action)
    }
    await this.#advance(id)
  }

  /** All targets are found before anything is broken, and stay the same (AWS FIS user guide, targets). */
  async #initiate(id: string): Promise<void> {
    const experiment = this.get(id)
    if (experiment === undefined || experiment.state.status === 'stopping') return
    const found: Record<string, readonly FoundTable[]> = {}
    for (const [name, target] of Object.entries(experiment.targets)) {
      found[name] = await resolveTarget(target, experiment.home, this.#ports.ask(experiment.home), this.#ports.random)
    }
    const isEmpty = Object.values(found).some((tables) => tables.length === 0)
    if (isEmpty && experiment.options.emptyTargetResolutionMode !== 'skip') {
      // The code and the text were seen on AWS, 2026.
      const state = { status: 'failed', reason: 'Target resolution returned empty set', error: 'InvalidTarget' } as const
      return this.#end(id, state)
    }
    const skipped: State<ActionStatus> = { status: 'skipped', reason: 'Action was skipped.' }
    await this.#change(id, ({ actions, options, state }) => ({
      found,
      startMs: this.#ports.clock.nowMs(),
      state: state.status === 'stopping' ? state : { status: 'running', reason: 'Experiment is running.' },
      actions: mapValues(actions, (action) => {
        const hasNone = Object.values(action.targets ?? {}).some((target) => found[target]?.length === 0)
        return options.actionsMode === 'skip-all' || hasNone ? { ...action, state: skipped } : action
      }),
    }))
    await this.#advance(id)
  }

  /** Starts what can be started, and ends with the last action. */
  async #advance(id: string): Promise<void> {
    const experiment = this.get(id)
    if (experiment?.state.status !== 'running') return
    const actions = Object.entries(experiment.actions)
    const failed = actions.find(([, { state }]) => state.status === 'failed')
    if (failed !== undefined) return this.#end(id, { status: 'failed', reason: `Action ${failed[0]} failed.`, error: 'ActionFailed' })
    if (actions.every(([, action]) => isOver(action))) return this.#end(id, { status: 'completed', reason: 'Experiment completed.' })
    for (const [name, action] of actions) {
      const isNext = action.startAfter?.every((other) => isDone(experiment.actions[other])) ?? true
      if (action.state.status !== 'pending' || !isNext) continue
      const started: RunningAction = {
        ...action,
        startMs: this.#ports.clock.nowMs(),
        state: { status: 'running', reason: 'Action is running.' },
      }
      await this.#changeAction(id, name, () => started)
      await this.#run(id, name, started)
    }
  }

  /** Breaks what the action breaks, until its time is over. */
  async #run(id: string, name: string, action: RunningAction): Promise<void> {
    const { clock, scheduler, faults } = this.#ports
    const lastsMs = parseDuration(action.parameters?.['duration'] ?? '') ?? 0
    const leftMs = (action.startMs ?? clock.nowMs()) + lastsMs - clock.nowMs()
    const faultIds: string[] = []
    if (leftMs > 0 && action.actionId === pauseReplication) {
      const { home, found } = this.get(id) ?? {}
      for (const { name: table } of Object.values(action.targets ?? {}).flatMap((target) => found?.[target] ?? [])) {
        const active = await faults.inject({ ...pauseOf(home ?? '', table), durationMs: undefined })
        faultIds.push(active.id)
      }
    }
    const cancel = scheduler.after(Math.max(0, leftMs), () => this.#do(() => this.#complete(id, name)))
    this.#underWay.set(keyOf(id, name), { faultIds, cancel })
  }

  async #complete(id: string, name: string): Promise<void> {
    await this.#mend(id, name)
    await this.#changeAction(id, name, (action) => ({
      ...action,
      endMs: this.#ports.clock.nowMs(),
      state: { status: 'completed', reason: 'Action was completed.' },
    }))
    await this.#advance(id)
  }

  async #end(id: string, state: State<ExperimentStatus>): Promise<void> {
    const experiment = this.get(id)
    if (experiment === undefined || !isActive(experiment)) return
    for (const name of Object.keys(experiment.actions)) await this.#mend(id, name)
    const endMs = this.#ports.clock.nowMs()
    await this.#change(id, ({ actions }) => ({
      state,
      endMs,
      actions: mapValues(actions, (action) => {
        if (isOver(action)) return action
        const begun = action.startMs !== undefined
        const reason = begun ? 'Action was stopped.' : 'Action was cancelled.'
        return { ...action, endMs: begun ? endMs : undefined, state: { status: begun ? 'stopped' : 'cancelled', reason } }
      }),
    }))
    await this.#forgetOld(experiment.home)
  }

  async #mend(id: string, name: string): Promise<void> {
    const key = keyOf(id, name)
    const under = this.#underWay.get(key)
    this.#underWay.delete(key)
    under?.cancel()
    for (const fault of under?.faultIds ?? []) await this.#ports.faults.heal(fault)
  }

  async #forgetOld(home: string): Promise<void> {
    const over = this.all().filter((each) => each.home === home && !isActive(each))
    for (const { id } of over.sort((a, b) => a.creationMs - b.creationMs).slice(0, Math.max(0, over.length - keptMax))) {
      this.#experimentById.delete(id)
      await this.#ports.keep(id, undefined)
    }
  }

  #changeAction(id: string, name: string, change: (action: RunningAction) => RunningAction): Promise<void> {
    return this.#change(id, ({ actions }) => ({
      actions: Object.fromEntries(Object.entries(actions).map(([each, action]) => [each, each === name ? change(action) : action])),
    }))
  }

  async #change(id: string, change: (experiment: Experiment) => Partial<Experiment>): Promise<void> {
    const experiment = this.get(id)
    if (experiment !== undefined) await this.#put({ ...experiment, ...change(experiment) })
  }

  async #put(experiment: Experiment): Promise<void> {
    this.#experimentById.set(experiment.id, experiment)
    await this.#ports.keep(experiment.id, experiment)
  }
}

export interface RunPorts {
  readonly faults: Faults
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly random: Random
  readonly log: Log
  /** DynamoDB of a Region and account. */
  readonly ask: (home: string) => AskDynamoDb
  /** Settles when it is durable; undefined removes it. */
  readonly keep: (id: string, experiment: Experiment | undefined) => Promise<void>
}

/** Of one Region and account, beside those that are active. AWS keeps them for 120 days. */
const keptMax = 1000

function pauseOf(home: string, table: string): { readonly kind: 'pause'; readonly region: string; readonly table: string } {
  const account = accountOf(home)
  return { kind: 'pause', region: regionOf(home), table: account === defaultAccount ? table : `${table}@${account}` }
}

function isDone(action: RunningAction | undefined): boolean {
  return action?.state.status === 'completed' || action?.state.status === 'skipped'
}

function keyOf(id: string, name: string): string {
  return `${id}/${name}`
}

function mapValues<T>(record: Readonly<Record<string, T>>, map: (value: T) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))
}
