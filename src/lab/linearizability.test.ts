import { describe, expect, test } from 'vitest'
import { chance, integerBelow, seededRandom } from '../base/random.ts'
import type { Step } from './linearizability.ts'
import { impossible, judgeHistory } from './linearizability.ts'

type Value = number | undefined

function write(calledAt: number, answeredAt: number | undefined, value: Value): Step<Value> {
  return { calledAt, answeredAt, from: () => value }
}

function read(calledAt: number, answeredAt: number, saw: Value): Step<Value> {
  return { calledAt, answeredAt, from: (state) => (state === saw ? state : impossible) }
}

/** Adds one and says what it made. */
function add(calledAt: number, answeredAt: number | undefined, made?: number): Step<Value> {
  return { calledAt, answeredAt, from: (state) => (made === undefined || (state ?? 0) + 1 === made ? (state ?? 0) + 1 : impossible) }
}

function verdict(...steps: readonly Step<Value>[]): string {
  return judgeHistory<Value>(steps, undefined, String).outcome
}

describe('a history is linearizable', () => {
  test('when it is empty', () => expect(verdict()).toBe('linearizable'))
  test('when each read sees the write before it', () => expect(verdict(write(0, 1, 1), read(2, 3, 1))).toBe('linearizable'))
  test('when a read during a write sees it or does not', () => {
    expect(verdict(write(0, 10, 1), read(1, 2, undefined), read(3, 4, 1))).toBe('linearizable')
  })
  test('when an unanswered write is seen much later', () => {
    expect(verdict(write(0, undefined, 1), read(50, 51, undefined), read(98, 99, 1))).toBe('linearizable')
  })
  test('when an unanswered write is never seen', () =>
    expect(verdict(write(0, undefined, 1), read(98, 99, undefined))).toBe('linearizable'))
  test('when concurrent additions are each counted once', () => {
    expect(verdict(add(0, 9, 2), add(0, 9, 3), add(0, 9, 1), read(10, 11, 3))).toBe('linearizable')
  })
})

describe('a history is not linearizable', () => {
  test('when a read misses a write that was answered', () =>
    expect(verdict(write(0, 1, 1), read(2, 3, undefined))).toBe('not-linearizable'))
  test('when what was read un-happens', () => {
    expect(verdict(write(0, 10, 1), read(1, 2, 1), read(3, 4, undefined))).toBe('not-linearizable')
  })
  test('when what an unanswered write made un-happens', () => {
    expect(verdict(write(0, undefined, 1), read(1, 2, 1), read(3, 4, undefined))).toBe('not-linearizable')
  })
  test('when an addition is lost', () => expect(verdict(add(0, 9, 1), add(0, 9, 1))).toBe('not-linearizable'))
  test('when an unanswered addition counts twice', () => {
    expect(verdict(add(0, undefined), read(1, 2, 1), read(3, 4, 2))).toBe('not-linearizable')
  })
  test('when two creations succeed', () => {
    const create = (at: number): Step<Value> => ({
      calledAt: at,
      answeredAt: at + 5,
      from: (state) => (state === undefined ? at : impossible),
    })
    expect(verdict(create(1), create(2))).toBe('not-linearizable')
  })
})

test('histories that were made one after the other are found so, and those with one false answer not', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed)
    const steps: Step<Value>[] = []
    let state: Value
    for (let at = 0; at < 60; at++) {
      const [from, to] = [at - integerBelow(random, 4) - 0.5, at + integerBelow(random, 4) + 0.5]
      if (chance(random, 0.5)) steps.push(read(from, to, state))
      else if (chance(random, 0.1)) {
        const happens = chance(random, 0.5)
        steps.push(write(from, undefined, at))
        if (happens) state = at
      } else {
        state = at
        steps.push(write(from, to, at))
      }
    }
    expect(verdict(...steps)).toBe('linearizable')
    expect(verdict(...steps, read(70, 71, -1))).toBe('not-linearizable')
  }
})

test('a search that takes too long is told from one that found nothing', () => {
  const steps = Array.from({ length: 12 }, () => write(0, 10, 1))
  expect(judgeHistory<Value>([...steps, read(11, 12, 2)], undefined, String, 50).outcome).toBe('undecided')
})
