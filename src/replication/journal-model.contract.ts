/**
 * An executable model of strong mode [STR-1 to STR-6], for its tests alone: three members, the messages between them, what each has flushed, and a process
 * that puts writes in order and may die. It moves by single steps, in whatever order a test or a die chooses, so a schedule is a list of steps. Each rule
 * can be left out, to see that it is needed.
 */
export type Rule =
  /** Conditions and reads are judged behind a barrier [STR-2]. */
  | 'barrier'
  /** A write is answered when a majority has flushed it [STR-3]. */
  | 'majority'
  /** Only what is committed is applied [STR-3]. */
  | 'committed only'
  /** A barrier waits until what it found is on a majority, and asks a majority for it [STR-4]. */
  | 'ask'
  /** A start takes the log with the highest epoch, then the longest [STR-5]. */
  | 'epochs'
  /** A start begins with an entry of its own epoch, and counts nothing before that is on a majority [STR-5]. */
  | 'barrier entry'
  /** Who promised an epoch takes nothing of an earlier one [STR-5]. */
  | 'promise'
  /** A write whose outcome is unknown is tried again as the same write [STR-6]. */
  | 'same id'

export interface Entry {
  readonly epoch: number
  /** Empty: the entry that opens an epoch. */
  readonly id: string
  readonly region: number
  readonly key: string
  /** How far its Region had applied when it was judged: it is void when its item changed behind that. */
  readonly seen: number
  readonly value: string | undefined
}

interface Item {
  readonly value: string | undefined
  readonly position: number
  readonly region: number
}

interface Member {
  up: boolean
  log: Entry[]
  /** So many of them survive a crash. */
  flushed: number
  /** Durable, like the two below. */
  promised: number
  applied: number
  items: Map<string, Item>
  /** What is known of the others, and lost in a crash. */
  tails: ({ epoch: number; tail: number } | undefined)[]
  /** Given a place, and not in the log yet. */
  placed: Map<number, Entry>
}

type Message =
  | { readonly kind: 'open'; readonly epoch: number }
  | { readonly kind: 'promise'; readonly epoch: number; readonly log: readonly Entry[] }
  | { readonly kind: 'log'; readonly epoch: number; readonly log: readonly Entry[] }
  | { readonly kind: 'tail'; readonly epoch: number; readonly tail: number }
  | { readonly kind: 'ask'; readonly epoch: number; readonly operation: Operation }
  | { readonly kind: 'answer'; readonly epoch: number; readonly tail: number; readonly operation: Operation }

export interface Operation {
  readonly id: string
  readonly region: number
  readonly key: string
  readonly kind: 'add' | 'create' | 'delete' | 'read'
  readonly calledAt: number
  answeredAt: number | undefined
  /** What it saw, once it is answered. */
  saw: string | undefined
  outcome: 'pending' | 'done' | 'refused' | 'conflict' | 'condition failed' | 'unknown'
  phase: 'asking' | 'waiting' | 'writing'
  asked: Map<number, number>
  /** Of the barrier, then of the write. */
  epoch: number
  position: number
  attempts: number
}

export interface InFlight {
  readonly from: number
  readonly to: number
  readonly message: Message
}

export const regions = [0, 1, 2] as const
const majority = 2

export class JournalModel {
  readonly members: Member[] = regions.map(() => ({
    up: true,
    log: [],
    flushed: 0,
    promised: 0,
    applied: 0,
    items: new Map(),
    tails: [],
    placed: new Map(),
  }))
  readonly operations: Operation[] = []
  inFlight: InFlight[] = []
  readonly #without: Rule | undefined
  readonly #witness: number | undefined
  readonly #cut = new Set<string>()
  /** Of the process. The count of its starts is durable. */
  #epochs = 0
  #epoch = 0
  #opener: number | undefined
  #promises = new Map<number, readonly Entry[]>()
  #next: number | undefined
  #now = 0
  #ids = 0

  constructor(options: { readonly without?: Rule; readonly witness?: number } = {}) {
    this.#without = options.without
    this.#witness = options.witness
  }

  isWitness(region: number): boolean {
    return region === this.#witness
  }

  isUp(a: number, b: number): boolean {
    return a === b || (!this.#cut.has(linkName(a, b)) && this.#member(a).up && this.#member(b).up)
  }

  hasQuorum(region: number): boolean {
    return this.#member(region).up && regions.filter((other) => this.isUp(region, other)).length >= majority
  }

  cut(a: number, b: number): void {
    this.#cut.add(linkName(a, b))
    this.#lose(({ from, to }) => linkName(from, to) === linkName(a, b))
  }

  heal(a: number, b: number): void {
    this.#cut.delete(linkName(a, b))
  }

  /** Without what it had not flushed. */
  crash(region: number): void {
    const member = this.#member(region)
    member.up = false
    member.log.length = member.flushed
    member.tails = []
    member.placed.clear()
    this.#lose(({ from, to }) => from === region || to === region)
    for (const operation of this.operations)
      if (operation.region === region && operation.outcome === 'pending') this.#end(operation, 'unknown')
    if (this.#opener === region) this.#opener = undefined
  }

  recover(region: number): void {
    this.#member(region).up = true
  }

  /** The process dies, with all members, and starts on what they had flushed. */
  restart(): void {
    for (const region of regions) this.crash(region)
    this.#next = undefined
    this.#opener = undefined
    for (const region of regions) this.recover(region)
  }

  /** `region` asks the members for a new epoch [STR-5]. */
  open(region: number): void {
    if (!this.hasQuorum(region)) return
    this.#epoch = ++this.#epochs
    this.#opener = region
    this.#promises = new Map()
    this.#next = undefined
    for (const other of regions) this.#send(region, other, { kind: 'open', epoch: this.#epoch })
  }

  get isOpen(): boolean {
    return this.#next !== undefined
  }

  /** True when somebody's place in the log cannot be had any more: nobody holds it who can be reached. */
  isStuck(region: number): boolean {
    if (this.#next === undefined) return this.#opener === undefined || !this.hasQuorum(this.#opener)
    const { log } = this.#member(region)
    const needed = log.length + 1
    const aligned = (other: number): boolean => epochOf(this.#member(other).log) === this.#epoch
    if (aligned(region) && needed >= this.#next) return false
    const holds = (other: number): boolean => {
      const member = this.#member(other)
      return member.up && ((aligned(other) && (!aligned(region) || member.log.length >= needed)) || member.placed.has(needed))
    }
    const reaches = (other: number): boolean =>
      this.isUp(region, other) || regions.some((third) => this.isUp(region, third) && this.isUp(third, other))
    return !regions.some((other) => holds(other) && reaches(other))
  }

  call(region: number, kind: Operation['kind'], key: string): Operation {
    const operation: Operation = {
      id: `w${++this.#ids}`,
      region,
      key,
      kind,
      calledAt: ++this.#now,
      answeredAt: undefined,
      saw: undefined,
      outcome: 'pending',
      phase: 'asking',
      asked: new Map(),
      epoch: 0,
      position: 0,
      attempts: 0,
    }
    this.operations.push(operation)
    this.drive(operation)
    return operation
  }

  /** One step of an operation, if it can make one. */
  drive(operation: Operation): void {
    const { region } = operation
    const member = this.#member(region)
    if (operation.outcome !== 'pending' || !member.up) return
    if (operation.phase === 'asking') {
      if (!this.hasQuorum(region)) return this.#end(operation, 'refused')
      if (operation.epoch !== member.promised) {
        operation.epoch = member.promised
        operation.asked = new Map()
      }
      if (this.#without === 'barrier') operation.position = member.applied
      else {
        const counted = this.#without === 'ask' ? [region] : regions
        if (!operation.asked.has(region) && epochOf(member.log) === operation.epoch && operation.epoch > 0)
          operation.asked.set(region, member.flushed)
        for (const other of counted) {
          if (other !== region && !operation.asked.has(other)) this.#send(region, other, { kind: 'ask', epoch: operation.epoch, operation })
        }
        if (operation.asked.size < (this.#without === 'ask' ? 1 : majority)) return
        operation.position = Math.max(...operation.asked.values())
      }
      operation.phase = 'waiting'
    }
    if (operation.phase === 'waiting') {
      if (member.applied < operation.position) {
        if (!this.hasQuorum(region)) this.#end(operation, 'refused')
        return
      }
      return this.#judge(operation)
    }
    this.#finish(operation)
  }

  /** Gives up waiting for a write that may have been made. */
  giveUp(operation: Operation): void {
    if (operation.outcome !== 'pending' || operation.phase !== 'writing') return
    if (this.#without !== 'same id') return this.#end(operation, 'unknown')
    operation.attempts++
    operation.phase = 'asking'
    operation.asked = new Map()
  }

  /** Repeats what a lost message may have said. */
  push(region: number): void {
    const member = this.#member(region)
    if (!member.up) return
    for (let entry = member.placed.get(member.log.length + 1); entry !== undefined; entry = member.placed.get(member.log.length + 1)) {
      if (entry.epoch !== epochOf(member.log)) break
      member.placed.delete(member.log.length + 1)
      member.log.push(entry)
    }
    const opens = this.#opener === region && this.#promises.size < majority
    for (const other of regions) {
      if (opens) this.#send(region, other, { kind: 'open', epoch: this.#epoch })
      if (other === region) continue
      if (epochOf(member.log) === member.promised && member.promised > 0)
        this.#send(region, other, { kind: 'log', epoch: member.promised, log: [...member.log] })
      this.#report(region, other)
    }
  }

  flush(region: number): void {
    const member = this.#member(region)
    if (!member.up) return
    member.flushed = member.log.length
    for (const other of regions) if (other !== region) this.#report(region, other)
    if (
      this.#opener === region &&
      this.#next === undefined &&
      this.#committed(region) === member.flushed &&
      epochOf(member.log) === this.#epoch
    ) {
      this.#next = member.log.length + 1
    }
  }

  deliver(index: number): void {
    const [arrived] = this.inFlight.splice(index, 1)
    if (arrived === undefined) return
    const { from, to, message } = arrived
    const member = this.#member(to)
    switch (message.kind) {
      case 'open':
        if (message.epoch < member.promised && this.#without !== 'promise') return
        member.promised = Math.max(member.promised, message.epoch)
        return this.#send(to, from, { kind: 'promise', epoch: message.epoch, log: member.log.slice(0, member.flushed) })
      case 'promise':
        return this.#promised(from, to, message)
      case 'log':
        return this.#take(member, message)
      case 'tail': {
        const known = member.tails[from]
        if (known === undefined || message.epoch >= known.epoch) member.tails[from] = { epoch: message.epoch, tail: message.tail }
        return this.#openIfCommitted(to)
      }
      case 'ask':
        if (message.epoch === member.promised && message.epoch > 0) {
          this.#send(to, from, { kind: 'answer', epoch: message.epoch, tail: member.flushed, operation: message.operation })
        }
        return
      case 'answer':
        if (message.epoch === message.operation.epoch) message.operation.asked.set(from, message.tail)
        return
    }
  }

  /** Applies the next entry that is committed, as far as this Region knows. */
  apply(region: number): void {
    const member = this.#member(region)
    const limit = this.#without === 'committed only' ? member.log.length : this.#committed(region)
    const entry = member.log[member.applied]
    if (!member.up || entry === undefined || member.applied >= limit) return
    member.applied++
    if (entry.id === '' || isVoid(member.items.get(entry.key), entry)) return
    member.items.set(entry.key, { value: entry.value, position: member.applied, region: entry.region })
  }

  /** Up to where this Region knows a majority to have flushed. */
  #committed(region: number): number {
    const member = this.#member(region)
    const epoch = member.promised
    const own = this.#without === 'barrier entry' || epochOf(member.log.slice(0, member.flushed)) === epoch ? member.flushed : 0
    const tails = regions.map((other) => (other === region ? own : member.tails[other]?.epoch === epoch ? member.tails[other].tail : 0))
    const counted = tails.sort((a, b) => b - a)[majority - 1] ?? 0
    return Math.min(counted, member.flushed)
  }

  #openIfCommitted(region: number): void {
    const member = this.#member(region)
    if (this.#opener !== region || this.#next !== undefined || member.promised !== this.#epoch || epochOf(member.log) !== this.#epoch)
      return
    if (this.#committed(region) >= member.log.length) this.#next = member.log.length + 1
  }

  #promised(from: number, to: number, { epoch, log }: Extract<Message, { kind: 'promise' }>): void {
    if (this.#member(to).promised > epoch || this.#opener !== to || this.#epoch !== epoch || this.#promises.size >= majority) return
    this.#promises.set(from, log)
    if (this.#promises.size < majority) return
    const best = [...this.#promises.values()].reduce((a, b) => (this.#isAhead(b, a) ? b : a))
    const member = this.#member(to)
    const kept = commonLength(member.log, best)
    member.promised = epoch
    member.log = [...best, { epoch, id: '', region: to, key: '', seen: 0, value: undefined }]
    member.flushed = Math.min(member.flushed, kept)
  }

  #isAhead(a: readonly Entry[], b: readonly Entry[]): boolean {
    if (this.#without !== 'epochs' && epochOf(a) !== epochOf(b)) return epochOf(a) > epochOf(b)
    return a.length > b.length
  }

  #take(member: Member, { epoch, log }: Extract<Message, { kind: 'log' }>): void {
    if (epoch < member.promised && this.#without !== 'promise') return
    member.promised = Math.max(member.promised, epoch)
    if (epochOf(member.log) === epoch && member.log.length >= log.length) return
    member.flushed = Math.min(member.flushed, commonLength(member.log, log))
    member.log = [...log]
  }

  #judge(operation: Operation): void {
    const { region, kind, key, id } = operation
    const member = this.#member(region)
    const before = member.items.get(key)?.value
    operation.saw = before
    const [holds, after] = verdictOn(kind, before, id)
    if (kind === 'read') return this.#end(operation, 'done')
    if (!holds) return this.#end(operation, 'condition failed')
    if (!this.hasQuorum(region)) return this.#end(operation, 'refused')
    if (this.#next === undefined || member.promised !== this.#epoch || epochOf(member.log) !== this.#epoch) return
    const entry: Entry = { epoch: this.#epoch, id: `${id}/${operation.attempts}`, region, key, seen: member.applied, value: after }
    operation.phase = 'writing'
    operation.epoch = this.#epoch
    operation.position = this.#next
    member.placed.set(this.#next++, entry)
    this.push(region)
  }

  /** Answers a write after its own Region has applied it; or places it again, when it certainly came to nothing. */
  #finish(operation: Operation): void {
    const { region, position, epoch } = operation
    const member = this.#member(region)
    const entry = member.log[position - 1]
    const isOurs = entry?.epoch === epoch
    if (this.#without === 'majority' && isOurs && member.flushed >= position) return this.#end(operation, 'done')
    if (member.applied >= position && isOurs) {
      const item = member.items.get(operation.key)
      if (item?.position === position || (item !== undefined && item.position > position && !voidAt(member.log, position)))
        return this.#end(operation, 'done')
      if (item !== undefined && item.region !== region) return this.#end(operation, 'conflict')
      operation.phase = 'asking'
      operation.asked = new Map()
      return
    }
    // The log is another one now, and it is not in it: nobody takes it any more.
    if (epochOf(member.log) > epoch && !isOurs) {
      member.placed.delete(position)
      operation.phase = 'asking'
      operation.asked = new Map()
    }
  }

  #end(operation: Operation, outcome: Operation['outcome']): void {
    if (outcome === 'unknown' && operation.phase !== 'writing') outcome = 'refused'
    operation.outcome = outcome
    operation.answeredAt = outcome === 'unknown' ? undefined : ++this.#now
  }

  #report(from: number, to: number): void {
    const member = this.#member(from)
    const isAligned = epochOf(member.log.slice(0, member.flushed)) === member.promised
    if (isAligned || this.#without === 'barrier entry') this.#send(from, to, { kind: 'tail', epoch: member.promised, tail: member.flushed })
  }

  #send(from: number, to: number, message: Message): void {
    if (this.isUp(from, to)) this.inFlight.push({ from, to, message })
  }

  #lose(isLost: (flight: InFlight) => boolean): void {
    this.inFlight = this.inFlight.filter((flight) => !isLost(flight))
  }

  #member(region: number): Member {
    const member = this.members[region]
    if (member === undefined) throw new Error(`no member ${region}`)
    return member
  }
}

/** Whether the condition holds, and what the item shall be. */
export function verdictOn(kind: Operation['kind'], before: string | undefined, id: string): readonly [boolean, string | undefined] {
  if (kind === 'add') return [true, `${before ?? ''}+${id}`]
  if (kind === 'create') return [before === undefined, id]
  return [before !== undefined, undefined]
}

/** Every Region decides so, and alike. */
function isVoid(item: Item | undefined, entry: Entry): boolean {
  return (item?.position ?? 0) > entry.seen
}

/** Whether the entry at this position was void, by the log alone. */
function voidAt(log: readonly Entry[], position: number): boolean {
  const items = new Map<string, Item>()
  for (const [at, entry] of log.slice(0, position).entries()) {
    const isLast = at === position - 1
    if (entry.id === '') continue
    const itIs = isVoid(items.get(entry.key), entry)
    if (isLast) return itIs
    if (!itIs) items.set(entry.key, { value: entry.value, position: at + 1, region: entry.region })
  }
  return true
}

export function epochOf(log: readonly Entry[]): number {
  return log.at(-1)?.epoch ?? 0
}

function commonLength(a: readonly Entry[], b: readonly Entry[]): number {
  let length = 0
  while (length < a.length && length < b.length && a[length] === b[length]) length++
  return length
}

function linkName(a: number, b: number): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`
}
