import { assert } from './assert.ts'
import type { Clock } from './clock.ts'
import type { Cancel, Scheduler } from './scheduler.ts'

/**
 * Time that moves only when it is told to: the clock and the scheduler of the simulator.
 * Tasks of one instant run in the order in which they were scheduled, and between two tasks everything that was promised
 * settles; so one seed gives one history.
 */
export class VirtualTime implements Clock, Scheduler {
  readonly #startMs: number
  readonly #heap: Entry[] = []
  #nowMs = 0
  #order = 0
  #pending = 0

  /** @param startMs what the wall clock shows at the beginning, milliseconds since 1970 */
  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#startMs = startMs
  }

  nowMs(): number {
    return this.#startMs + Math.floor(this.#nowMs)
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  /** Tasks that have not run yet. */
  get pending(): number {
    return this.#pending
  }

  after(delayMs: number, task: () => void): Cancel {
    assert(delayMs >= 0, `a delay of ${delayMs} ms`)
    const entry: Entry = { atMs: this.#nowMs + delayMs, order: this.#order++, task }
    push(this.#heap, entry)
    this.#pending++
    return () => {
      if (entry.task === undefined) return
      entry.task = undefined
      this.#pending--
    }
  }

  /** Runs all tasks up to `untilMs` from now, then stands there. */
  async advance(durationMs: number): Promise<void> {
    const untilMs = this.#nowMs + durationMs
    await settle()
    for (let entry = this.#next(untilMs); entry !== undefined; entry = this.#next(untilMs)) await this.#run(entry)
    this.#nowMs = untilMs
  }

  /** Runs tasks until `done` holds. Throws when `limitMs` of virtual time have passed or nothing is left to run before it does. */
  async runUntil(done: () => boolean, limitMs: number): Promise<void> {
    const untilMs = this.#nowMs + limitMs
    await settle()
    while (!done()) {
      const entry = this.#next(untilMs)
      if (entry === undefined) throw new Error(`not reached within ${limitMs} ms of virtual time`)
      await this.#run(entry)
    }
  }

  /** Waits for a promise while time passes as fast as it can. */
  async resolve<T>(promise: Promise<T>, limitMs = 3_600_000): Promise<T> {
    let settled = false
    const mark = (): void => {
      settled = true
    }
    promise.then(mark, mark)
    await this.runUntil(() => settled, limitMs)
    return promise
  }

  #next(untilMs: number): Entry | undefined {
    for (;;) {
      const first = this.#heap[0]
      if (first === undefined || (first.task !== undefined && first.atMs > untilMs)) return undefined
      pop(this.#heap)
      if (first.task !== undefined) return first
    }
  }

  async #run(entry: Entry): Promise<void> {
    const task = entry.task
    assert(task !== undefined, 'a task that runs was not cancelled')
    this.#nowMs = Math.max(this.#nowMs, entry.atMs)
    entry.task = undefined
    this.#pending--
    task()
    await settle()
  }
}

interface Entry {
  readonly atMs: number
  readonly order: number
  task: (() => void) | undefined
}

/** A turn of the event loop: every promise that can settle without outside help has settled after it. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    // The one real timer below the rim: it orders nothing, it only lets promises settle.
    // eslint-disable-next-line no-restricted-globals
    setImmediate(resolve)
  })
}

function before(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length
  heap.push(entry)
  while (at > 0) {
    const parentAt = (at - 1) >> 1
    const parent = heap[parentAt]
    if (parent === undefined || !before(entry, parent)) break
    heap[at] = parent
    at = parentAt
  }
  heap[at] = entry
}

function pop(heap: Entry[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let at = 0
  for (;;) {
    let childAt = 2 * at + 1
    let child = heap[childAt]
    if (child === undefined) break
    const right = heap[childAt + 1]
    if (right !== undefined && before(right, child)) {
      child = right
      childAt++
    }
    if (!before(child, last)) break
    heap[at] = child
    at = childAt
  }
  heap[at] = last
}
