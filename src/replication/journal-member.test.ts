import { assert } from '../base/assert.ts'
import { fraction, seededRandom } from '../base/random.ts'
import { VirtualTime } from '../base/virtual-time.ts'
import type { MemoryStore } from '../storage/memory-store.ts'
import { createMemoryStore } from '../storage/memory-store.ts'
import { Network } from '../world/network.ts'
import type { Journal } from './journal.ts'
import type { JournalLab } from './journal.contract.ts'
import { journalContract } from './journal.contract.ts'
import { JournalLog } from './journal-log.ts'
import { JournalMember } from './journal-member.ts'
import { JournalOrder } from './journal-order.ts'

/** The embedded journal over stores that lose what is not flushed, and links that take their time. */
class EmbeddedLab implements JournalLab {
  readonly regions = ['A', 'B', 'C'] as const
  readonly replicas: readonly string[]
  readonly #time = new VirtualTime()
  readonly #network: Network
  readonly #witness: string | undefined
  readonly #storeByRegion = new Map<string, MemoryStore>()
  readonly #memberByRegion = new Map<string, JournalMember>()
  readonly #appliedByRegion = new Map<string, number>()
  readonly #healByLink = new Map<string, () => void>()
  #starts = 0
  #order: JournalOrder
  #problem: unknown

  constructor(seed: number, witness: boolean) {
    this.#witness = witness ? 'C' : undefined
    this.replicas = this.regions.filter((region) => region !== this.#witness)
    const random = seededRandom(seed)
    this.#network = new Network({
      scheduler: this.#time,
      random,
      profile: () => 5 + 30 * fraction(random),
      deliver: (from, to, message) => {
        if (message.kind === 'journal') this.#memberByRegion.get(to)?.receive(from, message)
      },
      linkUp: (from, to) => this.#memberByRegion.get(from)?.linkUp(to),
    })
    for (const region of this.regions) {
      this.#storeByRegion.set(region, createMemoryStore({ scheduler: this.#time, flushDelayMs: () => 3 * fraction(random) }))
    }
    this.#order = this.#newOrder()
  }

  journal(region: string): Journal {
    const member = this.#memberByRegion.get(region)
    if (member !== undefined) return member
    return {
      append: () => Promise.resolve({ kind: 'no-quorum' }),
      barrier: () => Promise.resolve({ kind: 'no-quorum' }),
      read: () => Promise.resolve([]),
      applied: () => undefined,
      onCommitted: () => undefined,
    }
  }

  cut(a: string, b: string): void {
    const name = [a, b].sort().join('-')
    if (this.#healByLink.has(name)) return
    const isLink = (from: string, to: string): boolean => (from === a && to === b) || (from === b && to === a)
    this.#healByLink.set(name, this.#network.block(isLink))
  }

  heal(a: string, b: string): void {
    const name = [a, b].sort().join('-')
    this.#healByLink.get(name)?.()
    this.#healByLink.delete(name)
  }

  async crash(region: string): Promise<void> {
    const store = this.#storeByRegion.get(region)
    const member = this.#memberByRegion.get(region)
    if (member === undefined || store === undefined) return
    this.#memberByRegion.delete(region)
    member.close()
    this.#storeByRegion.set(region, store.crash())
  }

  async recover(region: string): Promise<void> {
    const store = this.#storeByRegion.get(region)
    if (this.#memberByRegion.has(region) || store === undefined) return
    const journal = '5d2b5a0e00000001'
    const log = await this.resolve(JournalLog.open(store, journal))
    const member = new JournalMember({
      region,
      journal,
      isWitness: region === this.#witness,
      log,
      order: this.#order,
      applied: this.#appliedByRegion.get(region) ?? 0,
      transport: this.#network.transport(region),
      isUp: (from, to) => this.#network.isUp(from, to),
      scheduler: this.#time,
      failed: (error) => (this.#problem = error),
    })
    this.#memberByRegion.set(region, member)
    for (const [other, peer] of this.#memberByRegion) if (other !== region) peer.linkUp(region)
  }

  async restart(): Promise<void> {
    for (const region of this.regions) await this.crash(region)
    this.#order = this.#newOrder()
    for (const region of this.regions) await this.recover(region)
  }

  async advance(ms: number): Promise<void> {
    await this.#time.advance(ms)
    this.#assertWell()
  }

  async resolve<T>(promise: Promise<T>): Promise<T> {
    const result = await this.#time.resolve(promise)
    this.#assertWell()
    return result
  }

  setApplied(region: string, position: number): void {
    this.#appliedByRegion.set(region, position)
    this.#memberByRegion.get(region)?.applied(position)
  }

  #newOrder(): JournalOrder {
    this.#starts++
    return new JournalOrder({ members: this.regions, start: this.#starts, isUp: (from, to) => this.#network.isUp(from, to) })
  }

  #assertWell(): void {
    if (this.#problem instanceof Error) throw this.#problem
    assert(this.#problem === undefined, String(this.#problem))
  }
}

journalContract(async ({ seed, witness }) => {
  const lab = new EmbeddedLab(seed, witness)
  for (const region of lab.regions) await lab.recover(region)
  return lab
})
