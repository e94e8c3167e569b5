import type { Random } from '../base/random.ts'
import { fraction } from '../base/random.ts'
import type { Scheduler } from '../base/scheduler.ts'
import type { Message, Transport } from '../replication/messages.ts'
import type { LagProfile } from './lag-profile.ts'

/**
 * The links between Regions, one per ordered pair. A link keeps the order of its messages, as a connection does; when it goes
 * down it loses what is on its way.
 */
export class Network {
  readonly #options: NetworkOptions
  readonly #linkByName = new Map<string, Link>()
  /** Each call its own entry: the same block may be put up twice. */
  readonly #blocks = new Set<{ readonly block: Block }>()
  readonly #overrides = new Set<LatencyOverride>()

  constructor(options: NetworkOptions) {
    this.#options = options
  }

  /** What a Region sends with. */
  transport(from: string): Transport {
    return { send: (to, message) => this.#send(from, to, message) }
  }

  isUp(from: string, to: string): boolean {
    for (const { block } of this.#blocks) if (block(from, to)) return false
    return true
  }

  /** Takes links down until the returned function is called. */
  block(block: Block): () => void {
    const before = this.#upLinks()
    const entry = { block }
    this.#blocks.add(entry)
    for (const link of before) {
      if (!block(link.from, link.to)) continue
      link.generation++
      link.lastDeliveryMs = 0 // nobody waits behind what is lost
    }
    return () => {
      const down = [...this.#linkByName.values()].filter((link) => !this.isUp(link.from, link.to))
      if (!this.#blocks.delete(entry)) return
      for (const link of down) if (this.isUp(link.from, link.to)) this.#options.linkUp(link.from, link.to)
    }
  }

  /** Replaces the delay of one direction until the returned function is called; the newest override counts. */
  override(override: LatencyOverride): () => void {
    const entry = { ...override }
    this.#overrides.add(entry)
    return () => void this.#overrides.delete(entry)
  }

  #send(from: string, to: string, message: Message): boolean {
    const link = this.#link(from, to)
    if (!this.isUp(from, to)) return false
    const { scheduler } = this.#options
    const deliverAtMs = Math.max(link.lastDeliveryMs, scheduler.monotonicMs() + this.#delayMs(from, to))
    link.lastDeliveryMs = deliverAtMs
    const { generation } = link
    scheduler.after(Math.max(0, deliverAtMs - scheduler.monotonicMs()), () => {
      if (generation === link.generation) this.#options.deliver(from, to, message)
    })
    return true
  }

  #delayMs(from: string, to: string): number {
    const { random, profile } = this.#options
    let found: LatencyOverride | undefined
    for (const override of this.#overrides) if (override.from === from && override.to === to) found = override
    return found === undefined ? profile(from, to, random) : found.ms + found.jitterMs * fraction(random)
  }

  #link(from: string, to: string): Link {
    const name = `${from}>${to}`
    let link = this.#linkByName.get(name)
    if (link === undefined) {
      link = { from, to, generation: 0, lastDeliveryMs: 0 }
      this.#linkByName.set(name, link)
    }
    return link
  }

  #upLinks(): Link[] {
    return [...this.#linkByName.values()].filter((link) => this.isUp(link.from, link.to))
  }
}

export interface NetworkOptions {
  readonly scheduler: Scheduler
  readonly random: Random
  readonly profile: LagProfile
  readonly deliver: (from: string, to: string, message: Message) => void
  /** A link came up: what was sent over it before may be lost. */
  readonly linkUp: (from: string, to: string) => void
}

/** True for the links that it takes down. */
export type Block = (from: string, to: string) => boolean

export interface LatencyOverride {
  readonly from: string
  readonly to: string
  readonly ms: number
  readonly jitterMs: number
}

interface Link {
  readonly from: string
  readonly to: string
  /** Messages of an earlier generation are lost. */
  generation: number
  lastDeliveryMs: number
}
