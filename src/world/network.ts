import { regionOf } from '../base/account-region.ts'
import type { Random } from '../base/random.ts'
import { fraction } from '../base/random.ts'
import type { Cancel, Scheduler } from '../base/scheduler.ts'
import type { Message, Transport } from '../replication/messages.ts'
import type { LagProfile, Lane } from './lag-profile.ts'

/**
 * The links between Regions, one per ordered pair, with a lane for replication and one for journals. A lane keeps the order of its messages, as a connection does; when it goes
 * down it loses what is on its way. When a latency override ends, what is on its way goes on at the link's own pace: otherwise, because of the
 * order, everything sent afterwards would wait behind what was slow.
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

  /** @param subject what messages are about, see {@link subjectOf}; undefined: whatever they are about */
  isUp(from: string, to: string, subject?: string): boolean {
    for (const { block } of this.#blocks) if (block(from, to, subject)) return false
    return true
  }

  /** Takes links down, or what they carry of some tables, until the returned function is called. */
  block(block: Block): () => void {
    const before = this.#upLinks()
    const entry = { block }
    this.#blocks.add(entry)
    for (const link of before) {
      if (block(link.from, link.to, undefined)) lose(link)
      else this.#loseSome(link, block)
    }
    return () => {
      const down = new Map<string, Link>()
      for (const link of this.#linkByName.values()) {
        if (link.refused || !this.isUp(link.from, link.to)) down.set(linkName(link.from, link.to), link)
      }
      if (!this.#blocks.delete(entry)) return
      for (const link of down.values()) {
        if (!this.isUp(link.from, link.to)) continue
        for (const lane of this.#lanesOf(link)) lane.refused = false
        this.#options.linkUp(link.from, link.to)
      }
    }
  }

  /** Replaces the delay of one direction, for all accounts, until the returned function is called; the newest override counts. */
  override(override: LatencyOverride): () => void {
    const entry = { ...override }
    this.#overrides.add(entry)
    return () => {
      if (!this.#overrides.delete(entry)) return
      for (const link of this.#linkByName.values()) if (isBetween(link.from, link.to, entry)) this.#hasten(link)
    }
  }

  #send(from: string, to: string, message: Message): boolean {
    const link = this.#link(from, to, message.kind === 'journal' ? 'journal' : 'changes')
    if (!this.isUp(from, to, subjectOf(message))) {
      // When the link itself is up, nobody else will know that something is missing.
      link.refused ||= this.isUp(from, to)
      return false
    }
    this.#deliverAt(link, this.#options.scheduler.monotonicMs() + this.#delayMs(link), message)
    return true
  }

  /** Delivers at that time, and not before what was sent before. */
  #deliverAt(link: Link, atMs: number, message: Message): void {
    const { scheduler, deliver } = this.#options
    const dueMs = Math.max(link.lastDueMs, atMs)
    link.lastDueMs = dueMs
    const cancel = scheduler.after(Math.max(0, dueMs - scheduler.monotonicMs()), () => {
      // The first, whichever timer it was: equal times keep the order too.
      const first = link.inFlight.shift()
      if (first !== undefined) deliver(link.from, link.to, first.message)
    })
    link.inFlight.push({ message, dueMs, cancel })
  }

  /** Takes off the link what may not be on it any more, and leaves the rest in its order. */
  #loseSome(link: Link, block: Block): void {
    const isLost = ({ message }: InFlight): boolean => block(link.from, link.to, subjectOf(message))
    const lost = link.inFlight.filter(isLost)
    if (lost.length === 0) return
    for (const { cancel } of lost) cancel()
    link.inFlight = link.inFlight.filter((each) => !lost.includes(each))
    link.refused = true
  }

  #lanesOf({ from, to }: Link): readonly Link[] {
    return [...this.#linkByName.values()].filter((link) => link.from === from && link.to === to)
  }

  /** Delivers what is on its way as if it was sent now, where that is sooner. */
  #hasten(link: Link): void {
    const inFlight = lose(link)
    const nowMs = this.#options.scheduler.monotonicMs()
    for (const { message, dueMs } of inFlight) this.#deliverAt(link, Math.min(dueMs, nowMs + this.#delayMs(link)), message)
  }

  #delayMs({ from, to, lane }: Link): number {
    const { random, profile } = this.#options
    let found: LatencyOverride | undefined
    for (const override of this.#overrides) if (isBetween(from, to, override)) found = override
    return found === undefined ? profile(from, to, random, lane) : found.ms + found.jitterMs * fraction(random)
  }

  #link(from: string, to: string, lane: Lane): Link {
    const name = `${linkName(from, to)} ${lane}`
    let link = this.#linkByName.get(name)
    if (link === undefined) {
      link = { from, to, lane, inFlight: [], lastDueMs: 0, refused: false }
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

/** True for the links that it takes down; asked with a subject, for what it keeps of the link. One that is about some subjects leaves the link itself up. */
export type Block = (from: string, to: string, subject: string | undefined) => boolean

/** Which table a message is about: its id in all Regions, or that of its journal. */
function subjectOf(message: Message): string {
  return message.kind === 'journal' ? message.journal : message.globalId
}

export interface LatencyOverride {
  readonly from: string
  readonly to: string
  readonly ms: number
  readonly jitterMs: number
}

interface Link {
  readonly from: string
  readonly to: string
  readonly lane: Lane
  /** In the order in which they were sent, which is that of their times. */
  inFlight: InFlight[]
  /** When the newest is due; nothing is delivered before it that is sent after it. */
  lastDueMs: number
  /** Something was lost or refused while the link itself was up. */
  refused: boolean
}

interface InFlight {
  readonly message: Message
  readonly dueMs: number
  readonly cancel: Cancel
}

function isBetween(from: string, to: string, override: LatencyOverride): boolean {
  return regionOf(from) === override.from && regionOf(to) === override.to
}

/** Takes everything off the link; nobody waits behind it. Returns what was on its way. */
function lose(link: Link): readonly InFlight[] {
  const { inFlight } = link
  for (const { cancel } of inFlight) cancel()
  link.inFlight = []
  link.lastDueMs = 0
  return inFlight
}

function linkName(from: string, to: string): string {
  return `${from}>${to}`
}
