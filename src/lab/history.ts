import { createHash } from 'node:crypto'
import type { VirtualTime } from '../base/virtual-time.ts'
import { StreamConsumer } from './stream-consumer.ts'
import { StoreClosed } from '../storage/store.ts'

/**
 * What happened, as clients and the operator of the world saw it: operations with the time of call and answer, and what was broken
 * and mended. The checkers judge it; people read it as the story of a seed.
 */
export interface Operation {
  readonly id: number
  readonly region: string
  readonly client: string
  readonly kind: string
  readonly key: string
  /** What it would write; undefined: nothing, or a deletion. */
  readonly value: string | undefined
  readonly calledAtMs: number
  /** The replica that it went to: the number of the Region's table, which is never used again. */
  readonly table: number
  /** The operations of one transaction share this number; undefined: it is none's. */
  readonly together: number | undefined
  answer: Answer | undefined
}

export type Answer =
  | { readonly kind: 'written'; readonly atMs: number; readonly saw: string | undefined }
  /** Nothing was to be done: the condition did not hold, or there was nothing to delete. */
  | { readonly kind: 'kept'; readonly atMs: number; readonly saw: string | undefined }
  | { readonly kind: 'read'; readonly atMs: number; readonly saw: string | undefined }
  /** The replica is not there (any more): certainly without effect. */
  | { readonly kind: 'refused'; readonly atMs: number }
  /** The Region crashed meanwhile: it may have taken effect or not. */
  | { readonly kind: 'unknown'; readonly atMs: number }

export interface HistoryEvent {
  readonly atMs: number
  readonly region: string | undefined
  readonly key: string | undefined
  readonly text: string
}

export interface Attempt {
  readonly id: string
  /** The version that was to be shown. */
  readonly seen: string
  readonly state: 'unknown' | 'resolved'
}

export class History {
  readonly operations: Operation[] = []
  readonly events: HistoryEvent[] = []
  /** Conflicts that somebody settled, or may have settled when a crash came in between. */
  readonly resolutions: Attempt[] = []
  /** Regions whose replica somebody removed. */
  readonly removed = new Set<string>()
  /** Transactions that were sent once more, by their operations. */
  readonly repeats: { readonly operations: readonly number[]; readonly outcome: string }[] = []
  readonly #consumerByRegion = new Map<string, StreamConsumer>()
  #transactions = 0
  readonly #time: VirtualTime
  readonly #hash = createHash('sha256')

  constructor(time: VirtualTime) {
    this.#time = time
  }

  /** Milliseconds of virtual time since the beginning. */
  get nowMs(): number {
    return this.#time.monotonicMs()
  }

  note(text: string, about: { region?: string; key?: string } = {}): void {
    const event: HistoryEvent = { atMs: this.nowMs, region: about.region, key: about.key, text }
    this.events.push(event)
    this.#hash.update(printEvent(event)).update('\n')
  }

  called(operation: Omit<Operation, 'id' | 'calledAtMs' | 'answer'>): Operation {
    const called: Operation = { ...operation, id: this.operations.length, calledAtMs: this.nowMs, answer: undefined }
    this.operations.push(called)
    return called
  }

  /** The application that reads this Region's streams. */
  consumerIn(region: string): StreamConsumer {
    let consumer = this.#consumerByRegion.get(region)
    if (consumer === undefined) this.#consumerByRegion.set(region, (consumer = new StreamConsumer()))
    return consumer
  }

  nextTransaction(): number {
    return this.#transactions++
  }

  /** Carries out a call and writes down how it ended; when its Region crashes meanwhile, nobody knows. */
  async answerOf(operation: Operation, call: () => Promise<Answer>): Promise<void> {
    try {
      this.answered(operation, await call())
    } catch (error) {
      if (error instanceof StoreClosed) this.answered(operation, { kind: 'unknown', atMs: this.nowMs })
      throw error
    }
  }

  answered(operation: Operation, answer: Answer): void {
    operation.answer = answer
    this.note(printOperation(operation), operation)
  }

  /** Equal for equal histories. */
  hash(): string {
    return this.#hash.copy().digest('hex')
  }
}

export function printEvent({ atMs, region, text }: HistoryEvent): string {
  return `${(atMs / 1000).toFixed(3).padStart(9)}s  ${(region ?? '').padEnd(10)}  ${text}`
}

function printOperation({ id, client, kind, key, value, calledAtMs, answer }: Operation): string {
  const saw = answer !== undefined && 'saw' in answer ? ` (saw ${answer.saw ?? 'nothing'})` : ''
  const what = value === undefined ? `${kind} ${key}` : `${kind} ${key} = ${value}`
  return `client ${client} #${id} ${what}, called at ${(calledAtMs / 1000).toFixed(3)}s: ${answer?.kind ?? 'no answer'}${saw}`
}
