import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AttributeMap, AttributeValue } from '../item/attribute-value.ts'
import { isInvalid } from '../item/invalid.ts'
import { bindExpressions } from './bind.ts'
import { conditionAttributes, evaluateCondition } from './condition.ts'
import type { ConditionPlan } from './condition.ts'

const item: AttributeMap = {
  s: { S: 'hello' },
  accented: { S: 'é𝄞' },
  n: { N: '10' },
  b: { B: bytes(1, 2, 3, 4) },
  t: { BOOL: true },
  nul: { NULL: true },
  m: { M: { x: { S: 'deep' }, l: { L: [{ N: '1' }, { M: { y: { S: 'deeper' } } }] } } },
  l: { L: [{ S: 'a' }, { N: '2' }, { L: [] }] },
  ss: { SS: ['a', 'b'] },
  ns: { NS: ['1', '2.5'] },
  bs: { BS: [bytes(1), bytes(2, 3)] },
}

const values: AttributeMap = {
  ':hello': { S: 'hello' },
  ':hel': { S: 'hel' },
  ':ell': { S: 'ell' },
  ':a': { S: 'a' },
  ':z': { S: 'z' },
  ':nine': { N: '9' },
  ':ten': { N: '10' },
  ':two': { N: '2' },
  ':three': { N: '3' },
  ':four': { N: '4' },
  ':head': { B: bytes(1, 2) },
  ':middle': { B: bytes(2, 3) },
  ':empty': { L: [] },
  ':true': { BOOL: true },
  ':ba': { SS: ['b', 'a'] },
  ':S': { S: 'S' },
  ':NULL': { S: 'NULL' },
  ':L': { S: 'L' },
}

describe('what is true of an item', () => {
  test.each([
    's = :hello',
    's <> :z',
    'n <> :hello',
    'n > :nine',
    'n >= :ten AND n <= :ten',
    'NOT n < :ten',
    ':nine < n',
    'ss = :ba',
    't = :true',
    'm.l[1].y > :a',
    'm.l[0] < :two',
    'n BETWEEN :nine AND :ten',
    's IN (:z, :hello)',
    'absent <> :a',
    'absent <> gone',
    'NOT absent = :a',
    'attribute_exists(m.l[1].y)',
    'attribute_exists(nul)',
    'attribute_not_exists(m.l[2])',
    'attribute_not_exists(s.x)',
    'attribute_not_exists(s[0])',
    'attribute_not_exists(m[0])',
    'attribute_type(s, :S)',
    'attribute_type(nul, :NULL)',
    'attribute_type(m.l, :L)',
    'begins_with(s, :hel)',
    'begins_with(s, :hello)',
    'begins_with(b, :head)',
    'contains(s, :ell)',
    'contains(b, :middle)',
    'contains(ss, :a)',
    'contains(ns, :two) OR contains(l, :two)',
    'contains(l, :empty)',
    'contains(bs, :middle)',
    'size(s) > :four',
    'size(accented) = :three',
    'size(b) = :four',
    'size(m) = :two AND size(ss) = :two AND size(ns) = :two AND size(bs) = :two',
    'size(l) = :three',
    'size(s) > size(b)',
    's = :z OR n = :ten AND t = :true',
    'NOT (s = :hello AND n = :nine)',
  ])('%s', (text) => {
    expect(holds(text)).toBe(true)
  })
})

describe('what is false of an item', () => {
  test.each([
    's = :z',
    'n = :hello',
    'n > :hello',
    'n < :hello',
    'absent = :a',
    'absent = gone',
    'absent < :a',
    'absent BETWEEN :a AND :z',
    'absent IN (:a, gone)',
    'n BETWEEN s AND :ten',
    't < s',
    'attribute_exists(m.l[2])',
    'attribute_type(absent, :S)',
    'attribute_type(n, :S)',
    'begins_with(n, :hel)',
    'begins_with(s, :head)',
    'begins_with(b, :middle)',
    'begins_with(absent, :hel)',
    'contains(s, :z)',
    'contains(s, :ten)',
    'contains(ss, :two)',
    'contains(n, :ten)',
    'contains(absent, :a)',
    'contains(m, :a)',
    'size(n) = :two',
    'size(t) = :two',
    'size(absent) < :ten',
    'NOT (s = :hello OR n = :nine)',
  ])('%s', (text) => {
    expect(holds(text)).toBe(false)
  })
})

test('names that objects inherit are absent unless the item has them', () => {
  const plan = planOf('attribute_not_exists(#p) AND attribute_not_exists(#p.#p) AND attribute_not_exists(#c)', {
    '#p': '__proto__',
    '#c': 'constructor',
  })
  expect(evaluateCondition(plan, item)).toBe(true)
})

test('strings are ordered by their UTF-8 bytes', () => {
  const plan = planOf('lo < hi')
  expect(evaluateCondition(plan, { lo: { S: '\u{e000}' }, hi: { S: '\u{10000}' } })).toBe(true)
})

test('the attributes of a condition are its top-level names, once each', () => {
  const text =
    'a.b = c AND (NOT begins_with(d, e) OR f BETWEEN g AND h OR i IN (j, a)) AND attribute_exists(k[0]) AND size(l1) > size(m.n) AND contains(o, p)'
  expect([...conditionAttributes(planOf(text))].join('')).toBe('acdefghijkl1mop')
})

/*
 * An oracle: conditions as plain functions over an item of small integers, some of them missing. Whatever the tree, the
 * text that it prints must judge an item as the function does.
 */
interface Judged {
  readonly text: string
  readonly judge: (of: ReadonlyMap<string, number>) => boolean
}

const attribute = fc.constantFrom('p', 'q', 'r')
const number = fc.integer({ min: 0, max: 3 })
const compared: Record<string, (a: number, b: number) => boolean> = {
  '=': (a, b) => a === b,
  '<>': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}
const { judged } = fc.letrec<{ judged: Judged }>((tie) => ({
  judged: fc.oneof(
    { maxDepth: 5 },
    fc.tuple(attribute, fc.constantFrom(...Object.keys(compared)), number).map(([name, operator, against]): Judged => ({
      text: `${name} ${operator} :${against}`,
      judge: (of) => {
        const value = of.get(name)
        return value === undefined ? operator === '<>' : (compared[operator]?.(value, against) ?? false)
      },
    })),
    fc.tuple(attribute, fc.array(number, { minLength: 1, maxLength: 3 })).map(([name, candidates]): Judged => ({
      text: `${name} IN (${candidates.map((candidate) => `:${candidate}`).join(', ')})`,
      judge: (of) => candidates.some((candidate) => candidate === of.get(name)),
    })),
    fc.tuple(attribute, number, number).map(([name, one, two]): Judged => {
      const [low, high] = one < two ? [one, two] : [two, one]
      return { text: `${name} BETWEEN :${low} AND :${high}`, judge: (of) => (of.get(name) ?? -1) >= low && (of.get(name) ?? 99) <= high }
    }),
    attribute.map((name): Judged => ({ text: `attribute_exists(${name})`, judge: (of) => of.has(name) })),
    tie('judged').map((inner): Judged => ({ text: `NOT (${inner.text})`, judge: (of) => !inner.judge(of) })),
    fc
      .tuple(tie('judged'), tie('judged'))
      .map(([one, two]): Judged => ({ text: `(${one.text}) AND (${two.text})`, judge: (of) => one.judge(of) && two.judge(of) })),
    fc
      .tuple(tie('judged'), tie('judged'))
      .map(([one, two]): Judged => ({ text: `(${one.text}) OR (${two.text})`, judge: (of) => one.judge(of) || two.judge(of) })),
  ),
}))

test('a condition judges every item as its meaning says', () => {
  const numbers = fc.dictionary(attribute, number)
  fc.assert(
    fc.property(judged, numbers, ({ text, judge }, of) => {
      const used = new Set(text.match(/:\d/g) ?? [])
      const bound = bindExpressions({
        filter: text,
        names: undefined,
        values:
          used.size === 0 ? undefined : Object.fromEntries([...used].map((placeholder) => [placeholder, { N: placeholder.slice(1) }])),
      })
      if (isInvalid(bound)) {
        expect(bound.invalid).toContain('too many operators')
        return
      }
      const judgedItem: Record<string, AttributeValue> = {}
      for (const [name, value] of Object.entries(of)) judgedItem[name] = { N: String(value) }
      expect(bound.filter !== undefined && evaluateCondition(bound.filter, judgedItem)).toBe(judge(new Map(Object.entries(of))))
    }),
    { numRuns: 500 },
  )
})

function holds(text: string): boolean {
  return evaluateCondition(planOf(text), item)
}

function planOf(text: string, names?: Record<string, string>): ConditionPlan {
  const used: Record<string, AttributeValue> = {}
  for (const placeholder of text.match(/:\w+/g) ?? []) {
    const value = values[placeholder]
    if (value === undefined) throw new Error(`no ${placeholder}`)
    used[placeholder] = value
  }
  const bound = bindExpressions({ condition: text, names, values: Object.keys(used).length === 0 ? undefined : used })
  if (isInvalid(bound)) throw new Error(bound.invalid)
  if (bound.condition === undefined) throw new Error('no condition')
  return bound.condition
}

function bytes(...content: number[]): string {
  return Buffer.from(content).toString('base64')
}
