import { assert } from '../base/assert.ts'

/**
 * Who puts the entries of one journal in order: the process, for all Regions in it. It gives out places, and epochs to those that have to begin anew;
 * it holds no entries, and what it knows ends with the process. What counts is what members have flushed.
 *
 * It knows which links are up and who runs, and uses that for one thing only: to see early that something cannot be had, so that somebody begins
 * anew. Whatever it is wrong about costs time, and nothing else.
 */
export class JournalOrder {
  readonly #options: OrderOptions
  readonly #memberByRegion = new Map<string, OrderedMember>()
  #turns = 0
  #epoch = 0
  #opener: OrderedMember | undefined
  #next: number | undefined
  #sealed = false
  /** Who has the entry of a place that was given out, by place; those on a majority are left out. */
  readonly #holderByPlace = new Map<number, OrderedMember>()

  constructor(options: OrderOptions) {
    this.#options = options
  }

  get members(): readonly string[] {
    return this.#options.members
  }

  /** True when places of this epoch are given out. */
  isOpen(epoch: number): boolean {
    return this.#next !== undefined && this.#epoch === epoch
  }

  enrol(member: OrderedMember): void {
    this.#memberByRegion.set(member.region, member)
  }

  leave(member: OrderedMember): void {
    if (this.#memberByRegion.get(member.region) === member) this.#memberByRegion.delete(member.region)
    for (const [place, holder] of this.#holderByPlace) if (holder === member) this.#holderByPlace.delete(place)
  }

  /** Whether this Region and enough others run and reach each other. */
  hasQuorum(region: string): boolean {
    return this.#memberByRegion.has(region) && this.members.filter((other) => this.#reach(region, other)).length >= this.majority
  }

  get majority(): number {
    return Math.floor(this.members.length / 2) + 1
  }

  /** True when nobody is giving out places, or about to. */
  get needsOpening(): boolean {
    if (this.#next !== undefined) return false
    const opener = this.#opener
    return opener === undefined || this.#memberByRegion.get(opener.region) !== opener || !this.hasQuorum(opener.region)
  }

  /** No place is given out any more. */
  get isSealed(): boolean {
    return this.#sealed
  }

  seal(): void {
    this.#sealed = true
  }

  /** A new epoch, which this member opens. It is above all that were ever given out. */
  begin(member: OrderedMember): number {
    this.#turns++
    assert(this.#turns < turnsMax, 'a process begins anew now and then')
    this.#epoch = this.#options.start * turnsMax + this.#turns
    this.#opener = member
    this.#next = undefined
    this.#holderByPlace.clear()
    return this.#epoch
  }

  /** The entry that opens the epoch is on a majority, at `position`. */
  opened(epoch: number, position: number): void {
    if (epoch === this.#epoch) this.#next ??= position + 1
  }

  isOpenedBy(member: OrderedMember, epoch: number): boolean {
    return this.#opener === member && this.#epoch === epoch
  }

  /** The next place; undefined when places of this epoch are not given out. */
  place(member: OrderedMember, epoch: number): number | undefined {
    if (this.#next === undefined || epoch !== this.#epoch || this.#sealed) return undefined
    this.#holderByPlace.set(this.#next, member)
    return this.#next++
  }

  /** Everything up to here is on a majority, and can be had of it. */
  committed(epoch: number, position: number): void {
    if (epoch !== this.#epoch) return
    for (const place of this.#holderByPlace.keys()) {
      if (place > position) break
      this.#holderByPlace.delete(place)
    }
  }

  /** True when what this member's log needs next is with nobody who can be reached, directly or through a third member. */
  isStuck(member: OrderedMember): boolean {
    if (this.#next === undefined || !this.hasQuorum(member.region)) return false
    const mine = member.tailIn(this.#epoch)
    if (mine !== undefined && mine >= this.#next - 1) return false
    for (const other of this.#memberByRegion.values()) {
      if (other === member || !this.#reachesAtAll(member.region, other.region)) continue
      const tail = other.tailIn(this.#epoch)
      if (tail !== undefined && (mine === undefined || tail > mine)) return false
      if (mine !== undefined && this.#holderByPlace.get(mine + 1) === other) return false
    }
    return mine === undefined || this.#holderByPlace.get(mine + 1) !== member
  }

  #reachesAtAll(from: string, to: string): boolean {
    return this.#reach(from, to) || this.members.some((third) => this.#reach(from, third) && this.#reach(third, to))
  }

  #reach(from: string, to: string): boolean {
    if (!this.#memberByRegion.has(from) || !this.#memberByRegion.has(to)) return false
    return from === to || (this.#options.isUp(from, to) && this.#options.isUp(to, from))
  }
}

export interface OrderOptions {
  /** Regions; a witness too. */
  readonly members: readonly string[]
  /** Which start of the process this is, counted durably: no earlier one had this number. */
  readonly start: number
  readonly isUp: (from: string, to: string) => boolean
}

/** A member that runs, as the order sees it. */
export interface OrderedMember {
  readonly region: string
  /** How far its log goes, when it is of that epoch. */
  tailIn(epoch: number): number | undefined
}

/** How often one process may begin anew. */
const turnsMax = 2 ** 24
