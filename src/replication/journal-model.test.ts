import { describe, expect, test } from 'vitest'
import type { Random } from '../base/random.ts'
import { chance, integerBelow, pick, seededRandom } from '../base/random.ts'
import type { Step } from '../lab/linearizability.ts'
import { impossible, judgeHistory } from '../lab/linearizability.ts'
import type { Operation, Rule } from './journal-model.contract.ts'
import { JournalModel, regions, verdictOn } from './journal-model.contract.ts'

/** Random schedules of the model of strong mode, and those that break designs without one of its rules. */
const seeds = 1500
const keys = ['k', 'm'] as const

type State = string | undefined

/** What clients saw of one item, as steps of a history. */
function stepOf(operation: Operation): Step<State> {
  const { kind, id, saw, outcome, calledAt, answeredAt } = operation
  const isWrite = kind !== 'read' && (outcome === 'done' || outcome === 'unknown' || outcome === 'pending')
  return {
    calledAt,
    answeredAt: outcome === 'pending' ? undefined : answeredAt,
    from: (state) => {
      const [holds, after] = verdictOn(kind, state, id)
      if (outcome === 'done' || outcome === 'condition failed') {
        if (state !== saw) return impossible
        return isWrite ? after : state
      }
      return holds ? after : state
    },
  }
}

function problemsOf(model: JournalModel): string[] {
  const problems: string[] = []
  for (const key of keys) {
    const told = model.operations.filter((each) => each.key === key && each.outcome !== 'refused' && each.outcome !== 'conflict')
    const steps = told.filter(({ kind, outcome }) => kind !== 'read' || outcome === 'done').map(stepOf)
    const { outcome } = judgeHistory<State>(steps, undefined, (state) => state ?? '-', 200_000)
    if (outcome === 'not-linearizable') problems.push(`${key} is not linearizable`)
  }
  const shown = regions.filter((region) => !model.isWitness(region)).map((region) => shownIn(model, region))
  if (new Set(shown).size > 1) problems.push(`replicas differ: ${shown.join(' | ')}`)
  return problems
}

function shownIn(model: JournalModel, region: number): string {
  return keys.map((key) => model.members[region]?.items.get(key)?.value ?? '-').join(' ')
}

/** Everything goes on until nothing is left to be done; one Region may be slow to apply. */
function settle(model: JournalModel, slow?: number): void {
  for (let round = 0; round < 60; round++) {
    for (const region of regions) if (model.isStuck(region)) model.open(region)
    for (const region of regions) model.push(region)
    while (model.inFlight.length > 0) model.deliver(0)
    for (const region of regions) {
      model.flush(region)
      if (region !== slow) for (let n = 0; n < 20; n++) model.apply(region)
    }
    while (model.inFlight.length > 0) model.deliver(0)
    for (const operation of model.operations) model.drive(operation)
  }
}

const atNoRest = 'it does not come to rest'

function run(seed: number, without?: Rule): string[] {
  const random = seededRandom(seed)
  const witness = chance(random, 0.3) ? 2 : undefined
  const model = new JournalModel({ ...(without && { without }), ...(witness !== undefined && { witness }) })
  const clients = regions.filter((region) => region !== witness)
  const trouble = chance(random, 0.5) ? 0.02 : 0.06
  for (let step = 0; step < 400; step++) {
    if (chance(random, trouble)) disturb(model, random)
    else move(model, random, clients)
  }
  for (const region of regions) {
    model.recover(region)
    for (const other of regions) model.heal(region, other)
  }
  settle(model)
  for (const region of clients) for (const key of keys) model.call(region, 'read', key)
  settle(model)
  const reads = model.operations.slice(-clients.length * keys.length)
  const unanswered = reads.some(({ outcome }) => outcome !== 'done')
  return unanswered ? [atNoRest, ...problemsOf(model)] : problemsOf(model)
}

function move(model: JournalModel, random: Random, clients: readonly number[]): void {
  const region = pick(random, regions)
  const pending = model.operations.filter(({ outcome }) => outcome === 'pending')
  switch (integerBelow(random, 10)) {
    case 0: {
      const at = pick(random, clients)
      if (pending.filter((each) => each.region === at).length < 2)
        model.call(at, pick(random, ['add', 'add', 'create', 'delete', 'read'] as const), pick(random, keys))
      return
    }
    case 1:
    case 2:
    case 3:
      if (model.inFlight.length > 0) model.deliver(integerBelow(random, model.inFlight.length))
      return
    case 4:
      return model.flush(region)
    case 5:
    case 6:
      return model.apply(region)
    case 7:
      model.push(region)
      if (model.isStuck(region)) model.open(region)
      if (model.inFlight.length > 40) model.inFlight.splice(0, 20)
      return
    default:
      if (pending.length > 0) model.drive(pick(random, pending))
  }
}

function disturb(model: JournalModel, random: Random): void {
  const [a, b] = [pick(random, regions), pick(random, regions)]
  switch (integerBelow(random, 8)) {
    case 0:
    case 1:
      if (a !== b) model.cut(a, b)
      return
    case 2:
    case 3:
      return model.heal(a, b)
    case 4:
      return model.crash(a)
    case 5:
    case 6: {
      const pending = model.operations.filter(({ outcome }) => outcome === 'pending')
      model.recover(a)
      if (pending.length > 0 && chance(random, 0.4)) model.giveUp(pick(random, pending))
      return
    }
    default:
      model.restart()
  }
}

describe('[STR] the model of strong mode', () => {
  test(`is linearizable, and its replicas agree, in ${seeds} random schedules`, () => {
    const bad: string[] = []
    for (let seed = 1; seed <= seeds; seed++) for (const problem of run(seed)) bad.push(`seed ${seed}: ${problem}`)
    expect(bad).toEqual([])
  }, 120_000)

  // What a log without epochs loses takes two deaths of the process in the right places: the schedule below has them.
  const rules: readonly Rule[] = ['barrier', 'majority', 'committed only', 'ask', 'barrier entry', 'promise', 'same id']
  test.each(rules)(
    'without the rule "%s" it is caught',
    (rule) => {
      let bad = 0
      for (let seed = 1; seed <= 4 * seeds && bad === 0; seed++) bad += run(seed, rule).filter((problem) => problem !== atNoRest).length
      expect(bad).toBeGreaterThan(0)
    },
    120_000,
  )
})

const [a, b, c] = regions

/** An operation that was begun, after everything that can go on has gone on. */
function done(model: JournalModel, region: number, kind: Operation['kind'], key = 'k'): Operation {
  const operation = model.call(region, kind, key)
  settle(model)
  return operation
}

function started(without?: Rule): JournalModel {
  const model = new JournalModel(without === undefined ? {} : { without })
  settle(model)
  return model
}

/** Entries that nobody but this member has: no message leaves it. */
function writeAlone(model: JournalModel, region: number, count: number): void {
  for (let n = 0; n < count; n++) {
    const operation = model.call(region, 'add', 'k')
    while (operation.phase !== 'writing') {
      for (const each of regions) model.push(each)
      while (model.inFlight.length > 0) model.deliver(0)
      model.drive(operation)
    }
    model.push(region)
    model.inFlight = []
  }
  model.flush(region)
  model.inFlight = []
}

describe('[STR-2] F16: a Region whose copy lags', () => {
  /** A writes and is answered; then B, whose copy lags, creates. */
  function sequential(without?: Rule): Operation {
    const model = started(without)
    const first = model.call(a, 'add', 'k')
    settle(model, b)
    expect(first.outcome).toBe('done')
    const second = model.call(b, 'create', 'k')
    settle(model, b)
    settle(model)
    return second
  }

  test('judges a condition on what was acknowledged elsewhere before', () => expect(sequential().outcome).toBe('condition failed'))
  test('without a barrier tells a conflict that never was', () => expect(sequential('barrier').outcome).toBe('conflict'))
})

describe('[STR-5] F17: a process that starts without the member that wrote last', () => {
  function twoDeaths(without?: Rule): JournalModel {
    const model = started(without)
    writeAlone(model, a, 4)
    model.restart()
    model.crash(a)
    settle(model)
    expect(done(model, b, 'add').outcome).toBe('done')
    model.restart()
    model.crash(c)
    settle(model)
    expect(done(model, b, 'read').outcome).toBe('done')
    model.recover(c)
    settle(model)
    for (const region of regions) done(model, region, 'read')
    return model
  }

  test('keeps what a majority acknowledged, whatever one member has beside it', () => expect(problemsOf(twoDeaths())).toEqual([]))
  test('loses it where the longest log wins', () => expect(problemsOf(twoDeaths('epochs'))).toContain('k is not linearizable'))

  function readEarly(without?: Rule): JournalModel {
    const model = started(without)
    done(model, a, 'add')
    writeAlone(model, a, 1)
    for (let n = 0; n < 9; n++) model.apply(a)
    const shown = model.members[a]?.items.get('k')?.value
    model.restart()
    model.crash(a)
    settle(model)
    expect(done(model, b, 'read').saw === shown).toBe(without === undefined)
    return model
  }

  test('[STR-3] shows nothing that could still un-happen', () => void readEarly())
  test('[STR-3] shows a write that never happened where what is not committed is applied', () => void readEarly('committed only'))

  function unknownOutcome(without?: Rule): string | undefined {
    const model = started(without)
    const operation = model.call(a, 'add', 'k')
    while (operation.phase !== 'writing') {
      while (model.inFlight.length > 0) model.deliver(0)
      model.drive(operation)
    }
    while (model.inFlight.length > 0) model.deliver(0)
    for (const region of regions) model.flush(region)
    model.giveUp(operation)
    settle(model)
    return done(model, b, 'read').saw
  }

  test('[STR-6] a write of unknown outcome counts once', () => expect(unknownOutcome()).toBe('+w1'))
  test('[STR-6] and twice where it is tried again as another one', () => expect(unknownOutcome('same id')).toBe('+w1+w1'))
})

describe('[STR-4] [STR-6] F18: partitions', () => {
  test('a Region that is cut off from both others refuses writes and strong reads, certainly without effect', () => {
    const model = started()
    model.cut(a, b)
    model.cut(a, c)
    for (const kind of ['add', 'create', 'read'] as const) expect(done(model, a, kind).outcome).toBe('refused')
    expect(done(model, b, 'add').outcome).toBe('done')
    model.heal(a, b)
    settle(model)
    expect(done(model, a, 'read').saw).toBe('+w4')
  })

  test('a write that began before the Region was cut off leaves its place to others, and is told as unknown or made once', () => {
    const model = started()
    writeAlone(model, a, 1)
    model.cut(a, b)
    model.cut(a, c)
    expect(done(model, b, 'add').outcome).toBe('done')
    model.heal(a, c)
    settle(model)
    expect(done(model, c, 'read').saw?.split('+').sort()).toEqual(['', 'w1', 'w2'])
    expect(problemsOf(model)).toEqual([])
  })

  function partial(without?: Rule): Operation {
    const model = started(without)
    model.cut(a, b)
    expect(done(model, a, 'add').outcome).toBe('done')
    const second = model.call(a, 'add', 'k')
    for (let n = 0; n < 6; n++) {
      for (const region of [a, c]) model.push(region)
      for (let at = 0; at < model.inFlight.length;)
        if (model.inFlight[at]?.to === b || model.inFlight[at]?.from === b) at++
        else model.deliver(at)
      for (const region of [a, c]) model.flush(region)
      for (let at = 0; at < 9; at++) model.apply(a)
      model.drive(second)
    }
    expect(second.outcome).toBe('done')
    return done(model, b, 'read')
  }

  test('where A and B are cut off from each other and both see C, B reads what A wrote, through C', () => {
    expect(partial().saw).toBe('+w1+w2')
  })
  test('B reads an old value where it asks nobody', () => expect(partial('ask').saw).toBe('+w1'))
})
