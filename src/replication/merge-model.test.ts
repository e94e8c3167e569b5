import { describe, expect, test } from 'vitest'
import { chance, fraction, integerBelow, pick, seededRandom } from '../base/random.ts'
import type { Context, ItemCopy, ModelDot, ModelOperation, Rank } from './merge-model.contract.ts'
import {
  collect,
  compareRanks,
  covers,
  drawOperation,
  joinContexts,
  joinCopies,
  nothingYet,
  shownOf,
  write,
} from './merge-model.contract.ts'

/**
 * The model of `merge` against an oracle that knows nothing but the history of writes: three replicas, delivery in any order between origins, deletions
 * collected here and not yet there.
 */
const seeds = 4000
const names = ['A', 'B', 'C'] as const

type Past = ModelOperation & { readonly dot: ModelDot; readonly saw: Context; readonly rank: Rank }

interface Copy {
  readonly name: string
  seen: Context
  item: ItemCopy | undefined
  readonly inbox: { readonly from: string; readonly dot: ModelDot; readonly item: ItemCopy }[]
}

function run(seed: number): { readonly copies: readonly Copy[]; readonly past: readonly Past[]; readonly states: readonly ItemCopy[] } {
  const random = seededRandom(seed)
  const copies = names.map((name): Copy => ({ name, seen: {}, item: undefined, inbox: [] }))
  const past: Past[] = []
  const states: ItemCopy[] = []
  for (let step = 0; step < 50; step++) {
    const copy = pick(random, copies)
    const dice = fraction(random)
    if (dice < 0.45) writeAt(copy, drawOperation(random), step + integerBelow(random, 7), copies, past, states)
    else if (dice < 0.85) deliver(copy, pick(random, names))
    else {
      if (chance(random, 0.4)) for (const each of copies) while (each.inbox.length > 0) deliver(each, each.inbox[0]?.from ?? '')
      if (copies.every(({ inbox }) => inbox.length === 0)) {
        for (const each of copies) {
          if (chance(random, 0.5) && each.item !== undefined) {
            each.item = shownOf(each.item.state) === undefined ? undefined : collect(each.item)
          }
        }
      }
    }
  }
  for (const each of copies) while (each.inbox.length > 0) deliver(each, each.inbox[0]?.from ?? '')
  return { copies, past, states }
}

function writeAt(copy: Copy, operation: ModelOperation, atTs: number, copies: readonly Copy[], past: Past[], states: ItemCopy[]): void {
  const held = copy.item ?? nothingYet
  const shown = shownOf(held.state)
  if (shown === undefined && (operation.kind === 'delete' || operation.kind === 'remove' || operation.kind === 'exclude')) return
  // A member is written only into a map, as in DynamoDB.
  if ('path' in operation && operation.path.startsWith('m.') && typeof shown?.['m'] !== 'object') return
  const dot = { i: copy.name, n: (copy.seen[copy.name] ?? 0) + 1 }
  const saw = joinContexts(held.context, copy.seen)
  const ts = Math.max(atTs, ...past.filter((other) => covers(saw, other.dot)).map(({ rank }) => rank.ts + 1))
  const item = write(held, operation, dot, saw, ts)
  if (shown === undefined) past.push({ kind: 'delete', dot, saw, rank: { ts, i: dot.i } })
  past.push({ ...operation, dot, saw, rank: { ts, i: dot.i } })
  copy.seen = { ...copy.seen, [copy.name]: dot.n }
  copy.item = item
  states.push(item)
  for (const other of copies) if (other !== copy) other.inbox.push({ from: copy.name, dot, item })
}

function deliver(copy: Copy, from: string): void {
  const at = copy.inbox.findIndex((message) => message.from === from)
  const [message] = at < 0 ? [] : copy.inbox.splice(at, 1)
  if (message === undefined) return
  copy.seen = joinContexts(copy.seen, { [message.dot.i]: message.dot.n })
  copy.item = joinCopies(copy.item ?? nothingYet, message.item)
}

/** What must be shown, from the history alone. */
function expectedOf(past: readonly Past[]): unknown {
  const deletions = past.filter(({ kind }) => kind === 'delete')
  const writes = past.filter(({ kind }) => kind !== 'delete')
  const isErased = (each: Past): boolean => deletions.some((deletion) => covers(deletion.saw, each.dot))
  if (!writes.some((each) => !isErased(each))) return undefined
  const at = (path: string, ...kinds: readonly string[]): Past[] =>
    writes.filter((each) => 'path' in each && each.path === path && kinds.includes(each.kind))
  /** The highest SET or REMOVE of a path that no other, and no deletion or write of what it is in, had seen. */
  const topOf = (path: string): Past | undefined => {
    const direct = at(path, 'set', 'remove')
    const above = path.includes('.') ? at(path.slice(0, path.indexOf('.')), 'set', 'remove') : []
    const live = direct.filter(
      (each) => !isErased(each) && ![...direct, ...above].some((other) => other !== each && covers(other.saw, each.dot)),
    )
    return live.sort((a, b) => compareRanks(a.rank, b.rank)).at(-1)
  }
  const beyond = (top: Past | undefined, each: Past): boolean => !isErased(each) && !(top !== undefined && covers(top.saw, each.dot))
  const shown: Record<string, unknown> = {}

  const n = topOf('n')
  const added = at('n', 'add').filter((each) => beyond(n, each))
  if (n?.kind === 'set' || added.length > 0) {
    shown['n'] = (n?.kind === 'set' ? Number(n.value) : 0) + added.reduce((sum, each) => sum + (each.kind === 'add' ? each.by : 0), 0)
  }
  const l = topOf('l')
  const runs = at('l', 'append')
    .filter((each) => beyond(l, each))
    .sort((a, b) => compareRanks(a.rank, b.rank))
  if (l?.kind === 'set' || runs.length > 0) {
    const base = l?.kind === 'set' ? (l.value as readonly string[]) : []
    shown['l'] = [...base, ...runs.map((each) => (each.kind === 'append' ? each.element : ''))]
  }
  const excluded = at('s', 'exclude')
  const elements = at('s', 'include').filter(
    (each) => !isErased(each) && !excluded.some((other) => elementOf(other) === elementOf(each) && covers(other.saw, each.dot)),
  )
  if (elements.length > 0) shown['s'] = [...new Set(elements.map(elementOf))].sort()

  const m = topOf('m')
  const members = ['a', 'b'].flatMap((member) => {
    const top = topOf(`m.${member}`)
    return top?.kind === 'set' ? [{ member, top }] : []
  })
  const isScalar = m?.kind === 'set' && m.value !== 'map'
  if (members.length > 0 && !(isScalar && members.every(({ top }) => compareRanks(top.rank, m.rank) < 0))) {
    shown['m'] = Object.fromEntries(members.map(({ member, top }) => [member, top.kind === 'set' ? top.value : undefined]))
  } else if (m?.kind === 'set') shown['m'] = m.value === 'map' ? {} : m.value
  return shown
}

function elementOf(past: Past): string {
  return past.kind === 'include' || past.kind === 'exclude' ? past.element : ''
}

describe('the model of merge', () => {
  test('REP-14 to REP-17: replicas show the same, and what the history of writes says: counters lose nothing, additions survive, appends are there once', () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const { copies, past } = run(seed)
      const expected = expectedOf(past)
      for (const copy of copies)
        expect(copy.item === undefined ? undefined : shownOf(copy.item.state), `seed ${seed}, ${copy.name}`).toEqual(expected)
    }
  })

  test('REP-14: states join in any order, repetition and association to the same', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = seededRandom(seed)
      const { states } = run(seed)
      if (states.length < 3) continue
      const [a, b, c] = [pick(random, states), pick(random, states), pick(random, states)]
      const canonical = (copy: ItemCopy): unknown => JSON.parse(JSON.stringify(copy)) as unknown
      expect(canonical(joinCopies(a, b)), `seed ${seed}`).toEqual(canonical(joinCopies(b, a)))
      expect(canonical(joinCopies(a, a))).toEqual(canonical(a))
      expect(canonical(joinCopies(joinCopies(a, b), c)), `seed ${seed}`).toEqual(canonical(joinCopies(a, joinCopies(b, c))))
    }
  })

  test('REP-15: a SET that a deletion had not seen survives with its value, also when the deletion ranks above it', () => {
    const first = write(nothingYet, { kind: 'add', path: 'n', by: 1 }, { i: 'A', n: 1 }, {}, 1)
    const set = write(first, { kind: 'set', path: 'n', value: 100 }, { i: 'A', n: 2 }, { A: 1 }, 5)
    const deletion = write(first, { kind: 'delete' }, { i: 'B', n: 1 }, { A: 1 }, 9)
    expect(shownOf(joinCopies(set, deletion).state)).toEqual({ n: 100 })
  })
})
