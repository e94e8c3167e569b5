import { accountOf, defaultAccount, regionOf } from '../base/account-region.ts'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { hex64 } from '../base/random.ts'
import type { Cancel, Scheduler } from '../base/scheduler.ts'
import type { ActiveFault, Fault, RequestFault } from './fault.ts'
import type { GlobalTable } from './global-table.ts'
import type { Block } from './network.ts'
import type { Disturbance, DisturbedRequest } from './request-faults.ts'
import { disturbanceBy } from './request-faults.ts'
import type { World } from './world.ts'

/**
 * Breaks the world and mends it, for all accounts alike. Faults are put around the ports: no code of the product knows of them. A Region that is to be broken is
 * started when it was not used yet: a fault that is listed is in effect.
 */
export class Faults {
  readonly #world: World
  readonly #clock: Clock
  readonly #scheduler: Scheduler
  readonly #random: Random
  readonly #skewByRegion = new Map<string, Fault>()
  readonly #requestFaults = new Set<RequestFault>()
  readonly #activeById = new Map<string, { readonly active: ActiveFault; readonly heal: Heal; cancel: Cancel }>()

  constructor(world: World, ports: { clock: Clock; scheduler: Scheduler; random: Random }) {
    this.#world = world
    this.#clock = ports.clock
    this.#scheduler = ports.scheduler
    this.#random = ports.random
  }

  /** What goes wrong with a request; undefined: nothing. */
  disturb(request: DisturbedRequest): Disturbance | undefined {
    return this.#requestFaults.size === 0 ? undefined : disturbanceBy(this.#requestFaults, request, this.#random)
  }

  list(): readonly ActiveFault[] {
    return [...this.#activeById.values()].map(({ active }) => active)
  }

  /** Breaks something. A crash without a duration is over when this settles, and is not listed. */
  async inject(given: Fault): Promise<ActiveFault> {
    const fault = { ...given } // the same one may be injected twice
    const active: ActiveFault = { id: hex64(this.#random), fault, sinceMs: this.#clock.nowMs() }
    const heal = await this.#begin(fault)
    if (fault.kind === 'crash' && fault.durationMs === undefined) {
      await heal()
      return active
    }
    const entry = { active, heal, cancel: (): void => undefined }
    this.#activeById.set(active.id, entry)
    if (fault.durationMs !== undefined)
      entry.cancel = this.#scheduler.after(fault.durationMs, () => this.#world.track(this.heal(active.id)))
    return active
  }

  /** Mends it; false when there is no such fault (any more). */
  async heal(id: string): Promise<boolean> {
    const entry = this.#activeById.get(id)
    if (entry === undefined) return false
    this.#activeById.delete(id)
    entry.cancel()
    await entry.heal()
    return true
  }

  async healAll(): Promise<number> {
    const ids = [...this.#activeById.keys()]
    for (const id of ids) await this.heal(id)
    return ids.length
  }

  /** Mends nothing any more: the world ends. */
  close(): void {
    for (const { cancel } of this.#activeById.values()) cancel()
    this.#activeById.clear()
  }

  async #begin(fault: Fault): Promise<Heal> {
    const { network } = this.#world
    switch (fault.kind) {
      case 'partition': {
        const [a, b] = fault.between
        return asHeal(
          network.block((from, to) => {
            const [here, there] = [regionOf(from), regionOf(to)]
            return (here === a && there === b) || (here === b && there === a)
          }),
        )
      }
      case 'pause':
        return asHeal(network.block(fault.table === undefined ? touches(fault.region) : this.#touchesTable(fault.region, fault.table)))
      case 'latency':
        return asHeal(network.override(fault))
      case 'skew': {
        const { clock } = await this.#world.started(fault.region)
        clock.skew(fault.ms, fault.driftPpm)
        this.#skewByRegion.set(fault.region, fault)
        return async () => this.#restoreClock(fault.region, fault)
      }
      case 'outage': {
        const node = await this.#world.started(fault.region)
        const unblock = network.block(touches(fault.region))
        node.cutOff = true
        return async () => {
          if (!this.#isOn('outage', fault.region)) node.cutOff = false
          unblock()
        }
      }
      case 'throttle':
      case 'error':
      case 'slow':
        this.#requestFaults.add(fault)
        return async () => void this.#requestFaults.delete(fault)
      case 'index-lag':
      case 'stale': {
        const { laggingReads } = await this.#world.started(fault.region)
        await laggingReads.add(fault)
        return () => laggingReads.remove(fault)
      }
      case 'crash': {
        await this.#world.started(fault.region)
        const unblock = network.block(touches(fault.region))
        await this.#world.crash(fault.region)
        return async () => {
          if (!this.#isOn('crash', fault.region)) await this.#world.recover(fault.region)
          unblock()
        }
      }
    }
  }

  /** What is about the table, by whatever name the world calls it: it may be made, and begin to replicate, while the fault is on. */
  #touchesTable(region: string, name: string): Block {
    const touchesRegion = touches(region)
    return (from, to, subject) =>
      subject !== undefined &&
      touchesRegion(from, to, subject) &&
      this.#world.globalTables().some((table) => (table.globalId === subject || table.journal === subject) && isCalled(table, name))
  }

  /** The newest skew that is still on counts; one that did not count changes nothing when it ends. */
  #restoreClock(region: string, healed: Fault): void {
    if (this.#skewByRegion.get(region) !== healed) return
    this.#skewByRegion.delete(region)
    let [ms, driftPpm] = [0, 0]
    for (const { fault } of this.list()) {
      if (fault.kind !== 'skew' || fault.region !== region) continue
      ;({ ms, driftPpm } = fault)
      this.#skewByRegion.set(region, fault)
    }
    this.#world.region(region)?.clock.skew(ms, driftPpm)
  }

  #isOn(kind: 'outage' | 'crash', region: string): boolean {
    return this.list().some(({ fault }) => fault.kind === kind && fault.region === region)
  }
}

/** `users`, or `users@111122223333` in another account than the default one. */
function isCalled({ name, replicas }: GlobalTable, called: string): boolean {
  const [wanted, account = defaultAccount] = called.split('@')
  return name === wanted && replicas.some(({ region }) => accountOf(region) === account)
}

type Heal = () => Promise<void>

function asHeal(unblock: () => void): Heal {
  return async () => unblock()
}

function touches(region: string): Block {
  return (from, to) => regionOf(from) === region || regionOf(to) === region
}
