import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newMap } from '../item/attribute-value.ts'
import type { AttributeMap, AttributeValue } from '../item/attribute-value.ts'
import { isInvalid } from '../item/invalid.ts'
import type { Invalid } from '../item/invalid.ts'
import { bindExpressions } from './bind.ts'
import { applyUpdate, projectTouched, updatePaths } from './update.ts'
import type { Updated, UpdatePlan } from './update.ts'

const item: AttributeMap = {
  pk: { S: 'k' },
  n: { N: '1' },
  s: { S: 'text' },
  m: { M: { a: { N: '5' }, b: { M: { c: { S: 'x' } } } } },
  l: { L: [{ S: '0' }, { S: '1' }, { S: '2' }, { M: { a: { S: '3' } } }] },
  ss: { SS: ['a', 'b'] },
  ns: { NS: ['1', '2'] },
}

const values: AttributeMap = {
  ':v': { S: 'new' },
  ':w': { S: 'newer' },
  ':1': { N: '1' },
  ':l': { L: [{ S: 'p' }, { S: 'q' }] },
  ':ab': { SS: ['a', 'b'] },
  ':bc': { SS: ['b', 'c'] },
  ':23': { NS: ['2', '3'] },
  ':max': { N: '9'.repeat(38) },
  ':big': { N: `1${'0'.repeat(125)}` },
  ':tiny': { N: '0.5' },
  ':m': { M: {} },
}

describe('what an update makes of an item', () => {
  test.each<[string, AttributeMap]>([
    ['SET x = :v, n = :v', { x: { S: 'new' }, n: { S: 'new' } }],
    ['SET m.b.c = :v', { m: { M: { a: { N: '5' }, b: { M: { c: { S: 'new' } } } } } }],
    ['SET m.d = :m', { m: { M: { a: { N: '5' }, b: { M: { c: { S: 'x' } } }, d: { M: {} } } } }],
    ['SET l[1] = :v', { l: { L: [{ S: '0' }, { S: 'new' }, { S: '2' }, { M: { a: { S: '3' } } }] } }],
    ['SET l[3].a = :v', { l: { L: [{ S: '0' }, { S: '1' }, { S: '2' }, { M: { a: { S: 'new' } } }] } }],
    [
      'SET l[90] = :w, l[20] = :v REMOVE l[0]',
      { l: { L: [{ S: '1' }, { S: '2' }, { M: { a: { S: '3' } } }, { S: 'new' }, { S: 'newer' }] } },
    ],
    ['REMOVE l[0], l[2], l[77]', { l: { L: [{ S: '1' }, { M: { a: { S: '3' } } }] } }],
    ['REMOVE m.a, m.zz, absent', { m: { M: { b: { M: { c: { S: 'x' } } } } } }],
    ['SET n = n + :1', { n: { N: '2' } }],
    ['SET n = :1 - m.a', { n: { N: '-4' } }],
    ['SET n = :tiny + :1', { n: { N: '1.5' } }],
    ['SET n = if_not_exists(n, :1) + :1, x = if_not_exists(x, :1) + :1', { n: { N: '2' }, x: { N: '2' } }],
    ['SET s = if_not_exists(s, absent)', {}],
    ['SET x = list_append(l, :l)', { x: { L: [...(item['l'] as { L: AttributeValue[] }).L, { S: 'p' }, { S: 'q' }] } }],
    ['SET x = list_append(:l, if_not_exists(x, :l))', { x: { L: [{ S: 'p' }, { S: 'q' }, { S: 'p' }, { S: 'q' }] } }],
    ['SET n = s, s = n', { n: { S: 'text' }, s: { N: '1' } }],
    ['SET x = m.b REMOVE m.b', { x: { M: { c: { S: 'x' } } }, m: { M: { a: { N: '5' } } } }],
    ['ADD n :1, x :1, m.a :1', { n: { N: '2' }, x: { N: '1' }, m: { M: { a: { N: '6' }, b: { M: { c: { S: 'x' } } } } } }],
    ['ADD ss :bc, ns :23, x :ab', { ss: { SS: ['a', 'b', 'c'] }, ns: { NS: ['1', '2', '3'] }, x: { SS: ['a', 'b'] } }],
    ['DELETE ss :bc, absent :bc', { ss: { SS: ['a'] } }],
    ['delete ns :23 set x = :v remove s add n :1', { ns: { NS: ['1'] }, x: { S: 'new' }, n: { N: '2' } }],
  ])('%s', (text, changes) => {
    const removed = text.includes(' remove s') ? { s: undefined } : {}
    expect(plain(updated(text).item)).toEqual(plain({ ...item, ...changes, ...removed }))
  })

  test('a set that loses its last member goes', () => {
    expect('ss' in updated('DELETE ss :ab').item).toBe(false)
  })

  test('names that objects inherit are ordinary names', () => {
    const { item: after } = updated('SET #p = :v, m.#p = :v', item, { '#p': '__proto__' })
    expect(Object.entries(after).find(([name]) => name === '__proto__')?.[1]).toEqual({ S: 'new' })
    expect(({} as Record<string, unknown>)['S']).toBeUndefined()
  })

  test('what is not on a touched path is shared with the item before', () => {
    const { item: after } = updated('SET m.a = :v')
    expect(after['l']).toBe(item['l'])
    expect((after['m'] as { M: AttributeMap }).M['b']).toBe((item['m'] as { M: AttributeMap }).M['b'])
  })
})

describe('what cannot be done to an item', () => {
  const path = 'The document path provided in the update expression is invalid for update'
  const absent = 'The provided expression refers to an attribute that does not exist in the item'
  const type = 'An operand in the update expression has an incorrect data type'

  test.each([
    ['SET x.y = :v', path],
    ['SET s.y = :v', path],
    ['SET s[0] = :v', path],
    ['SET m[0] = :v', path],
    ['SET l.a = :v', path],
    ['SET l[9].a = :v', path],
    ['REMOVE x.y', path],
    ['ADD x.y :1', path],
    ['DELETE x.y :ab', path],
    ['SET x = absent', absent],
    ['SET x = absent + :1', absent],
    ['SET x = list_append(absent, :l)', absent],
    ['SET x = if_not_exists(absent, gone)', absent],
    ['SET x = s + :1', type],
    ['SET x = list_append(s, :l)', type],
    ['ADD s :1', type],
    ['ADD n :ab', type],
    ['ADD ss :23', type],
    ['DELETE n :ab', type],
    ['DELETE ns :ab', type],
  ])('%s', (text, message) => {
    const outcome = update(text)
    expect(isInvalid(outcome) ? outcome.invalid : outcome).toBe(message)
  })

  test('a sum of more than 38 digits or beyond the range is refused, not rounded', () => {
    expect(isInvalid(update('SET n = :max + :tiny'))).toBe(true)
    const overflow = update('SET n = n + n', { n: { N: `9${'0'.repeat(125)}` } })
    expect(isInvalid(overflow) ? overflow.invalid : '').toContain('Number overflow')
  })
})

describe('ReturnValues', () => {
  test.each<[string, AttributeMap, AttributeMap]>([
    ['SET n = :v, x = :v', { n: { N: '1' } }, { n: { S: 'new' }, x: { S: 'new' } }],
    ['SET m.b.c = :v', { m: { M: { b: { M: { c: { S: 'x' } } } } } }, { m: { M: { b: { M: { c: { S: 'new' } } } } } }],
    ['SET l[1] = :v', { l: { L: [{ S: '1' }] } }, { l: { L: [{ S: 'new' }] } }],
    ['SET l[50] = :v', {}, {}],
    ['REMOVE s', { s: { S: 'text' } }, {}],
    ['DELETE ss :bc', { ss: { SS: ['a', 'b'] } }, { ss: { SS: ['a'] } }],
  ])('%s returns the touched paths, before and after', (text, before, after) => {
    const { item: changed, touched } = updated(text)
    expect(plain(projectTouched(touched, item))).toEqual(plain(before))
    expect(plain(projectTouched(touched, changed))).toEqual(plain(after))
  })
})

test('the paths of an update are its top-level names, once each', () => {
  expect(updatePaths(planOf('SET m.a = n, m.b = :v REMOVE l[0] ADD x :1'))).toEqual(['m', 'l', 'x'])
})

describe('laws', () => {
  const leaf = fc.oneof(
    fc.string({ maxLength: 3 }).map((S): AttributeValue => ({ S })),
    fc.integer().map((N): AttributeValue => ({ N: String(N) })),
    fc.constant<AttributeValue>({ SS: ['a', 'b'] }),
  )
  const name = fc.constantFrom('a', 'b', 'c', '#p')
  const { value } = fc.letrec<{ value: AttributeValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.dictionary(name, tie('value'), { maxKeys: 3 }).map((M): AttributeValue => ({ M })),
      fc.array(tie('value'), { maxLength: 3 }).map((L): AttributeValue => ({ L })),
    ),
  }))
  const anyItem = fc.dictionary(name, value, { maxKeys: 4 })
  const path = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.array(fc.constantFrom('.a', '.b', '[0]', '[1]', '[5]'), { maxLength: 3 }))
  const written = path.map(([first, rest]) => first + rest.join(''))
  const action = fc.oneof(
    written.map((at) => `SET ${at} = :v`),
    fc.tuple(written, written).map(([at, from]) => `SET ${at} = if_not_exists(${from}, :l)`),
    fc.tuple(written, written).map(([at, from]) => `SET ${at} = ${from} + :1`),
    written.map((at) => `REMOVE ${at}`),
    written.map((at) => `ADD ${at} :1`),
    written.map((at) => `DELETE ${at} :ab`),
  )

  test('an update never changes the item before', () => {
    fc.assert(
      fc.property(anyItem, action, written, (before, text, other) => {
        freeze(before)
        const copy = JSON.stringify(before)
        const whole = text.startsWith('REMOVE') ? text : `${text} REMOVE ${other}`
        const bound = bind(whole)
        if (isInvalid(bound)) expect(bound.invalid).toMatch(/overlap|conflict/)
        else applyUpdate(bound, before)
        expect(JSON.stringify(before)).toBe(copy)
      }),
      { numRuns: 1000 },
    )
  })

  test('after SET the path holds the value, unless it appended', () => {
    fc.assert(
      fc.property(anyItem, written, (before, at) => {
        const outcome = update(`SET ${at} = :v`, before)
        if (isInvalid(outcome)) return
        const read = bindExpressions({ projection: at, names: undefined, values: undefined })
        if (isInvalid(read)) throw new Error(read.invalid)
        const shown = JSON.stringify(projectTouched(outcome.touched, outcome.item))
        if (!at.includes('[')) expect(shown).toContain('{"S":"new"}')
        else expect(shown === '{}' || shown.includes('{"S":"new"}')).toBe(true)
      }),
    )
  })

  test('setting a new attribute and removing it again gives the item back', () => {
    fc.assert(
      fc.property(anyItem, (before) => {
        const added = update('SET fresh = :v', before)
        if (isInvalid(added)) throw new Error(added.invalid)
        expect(plain(updated('REMOVE fresh', added.item).item)).toEqual(plain(before))
      }),
    )
  })
})

function updated(text: string, before: AttributeMap = item, names?: Record<string, string>): Updated {
  const outcome = applyUpdate(planOf(text, names), before)
  if (isInvalid(outcome)) throw new Error(outcome.invalid)
  return outcome
}

function update(text: string, before: AttributeMap = item): Updated | Invalid {
  return applyUpdate(planOf(text), before)
}

function planOf(text: string, names?: Record<string, string>): UpdatePlan {
  const plan = bind(text, names)
  if (isInvalid(plan)) throw new Error(plan.invalid)
  return plan
}

function bind(text: string, names?: Record<string, string>): UpdatePlan | Invalid {
  const used = newMap()
  for (const placeholder of text.match(/:\w+/g) ?? []) used[placeholder] = values[placeholder] ?? { NULL: true }
  const bound = bindExpressions({ update: text, names, values: Object.keys(used).length === 0 ? undefined : used })
  if (isInvalid(bound)) return bound
  if (bound.update === undefined) throw new Error('no update')
  return bound.update
}

/** Maps without prototypes, and attributes that are gone, as JSON sees them. */
function plain(map: object): unknown {
  return JSON.parse(JSON.stringify(map))
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.freeze(value)
  for (const part of Object.values(value)) freeze(part)
}
