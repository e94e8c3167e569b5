/**
 * Whether a history of one object could have happened one operation after the other, each at some moment between its call and its answer (Wing and
 * Gong, with the memory of Lowe: what was reached once with the same operations done and the same state is not tried again). Objects are judged one
 * by one: a history is linearizable exactly when that of each of its objects is (Herlihy and Wing, 1990, theorem 1).
 *
 * An operation whose outcome nobody knows may take effect at any moment after its call, or never.
 */
export interface Step<State> {
  /** When it was called, on any scale that orders all calls and answers of the history. */
  readonly calledAt: number
  /** Undefined: nobody was answered. */
  readonly answeredAt: number | undefined
  /** The state after it, as its answer says it was carried out; `impossible` when it cannot have been answered so in this state. */
  readonly from: (state: State) => State | typeof impossible
}

export const impossible = Symbol('an answer that this state cannot give')

export interface Verdict<State> {
  readonly outcome: 'linearizable' | 'not-linearizable' | 'undecided'
  /** The longest order that was found, by the places of the steps in the history. */
  readonly order: readonly number[]
  /** What it led to. */
  readonly state: State
}

/**
 * @param nameOf equal states have equal names
 * @param triesMax how many configurations are looked at before it is left undecided
 */
export function judgeHistory<State>(
  steps: readonly Step<State>[],
  initial: State,
  nameOf: (state: State) => string,
  triesMax = 2_000_000,
): Verdict<State> {
  const byCall = steps.map((_step, at) => at).sort((a, b) => calledAt(steps, a) - calledAt(steps, b))
  const answered = steps.filter((step) => step.answeredAt !== undefined).length
  const seen = new Set<string>()
  let longest: Configuration<State> = { done: 0n, known: 0, state: initial, last: undefined }
  const open: Configuration<State>[] = [longest]
  for (let tries = 0; tries < triesMax; tries++) {
    const here = open.pop()
    if (here === undefined) return { outcome: 'not-linearizable', ...found(longest) }
    if (here.known > longest.known) longest = here
    if (here.known === answered) return { outcome: 'linearizable', ...found(here) }
    const candidates = possibleNext(steps, byCall, here.done)
    // The one that was called first is tried first.
    for (const at of candidates.reverse()) {
      const step = steps[at]
      if (step === undefined) continue
      const state = step.from(here.state)
      if (state === impossible) continue
      const done = here.done | (1n << BigInt(at))
      const name = `${done.toString(36)} ${nameOf(state)}`
      if (seen.has(name)) continue
      seen.add(name)
      open.push({ done, known: here.known + (step.answeredAt === undefined ? 0 : 1), state, last: { at, before: here } })
    }
  }
  return { outcome: 'undecided', ...found(longest) }
}

interface Configuration<State> {
  /** A bit for each step. */
  readonly done: bigint
  /** How many of those were answered. */
  readonly known: number
  readonly state: State
  readonly last: { readonly at: number; readonly before: Configuration<State> } | undefined
}

/** Steps that may be next: not done, and called before the first answer to one that is not done. */
function possibleNext<State>(steps: readonly Step<State>[], byCall: readonly number[], done: bigint): number[] {
  const left = byCall.filter((at) => (done & (1n << BigInt(at))) === 0n)
  const firstAnswer = left.reduce((first, at) => Math.min(first, steps[at]?.answeredAt ?? Infinity), Infinity)
  return left.filter((at) => calledAt(steps, at) <= firstAnswer)
}

function calledAt<State>(steps: readonly Step<State>[], at: number): number {
  return steps[at]?.calledAt ?? Infinity
}

function found<State>(configuration: Configuration<State>): { readonly order: readonly number[]; readonly state: State } {
  const order: number[] = []
  for (let { last } = configuration; last !== undefined; last = last.before.last) order.unshift(last.at)
  return { order, state: configuration.state }
}
