import { expect, test } from 'vitest'
import { newMap } from '../item/attribute-value.ts'
import type { AttributeMap } from '../item/attribute-value.ts'
import { isInvalid } from '../item/invalid.ts'
import { bindExpressions } from './bind.ts'
import { project, projectedAttributes } from './projection.ts'

const item: AttributeMap = {
  pk: { S: 'k' },
  n: { N: '1' },
  m: { M: { a: { S: 'x' }, b: { M: { c: { S: 'y' }, d: { S: 'z' } } } } },
  l: { L: [{ S: '0' }, { S: '1' }, { M: { a: { S: '2a' }, b: { S: '2b' } } }] },
}

test.each<[string, AttributeMap]>([
  ['pk, n', { pk: { S: 'k' }, n: { N: '1' } }],
  ['absent, pk.a, n[0], m.x, m.b[0], l[7], l[2].c, l[1].c', {}],
  ['m.b.c', { m: { M: { b: { M: { c: { S: 'y' } } } } } }],
  ['m.b.d, n, m.a', { n: { N: '1' }, m: { M: { a: { S: 'x' }, b: { M: { d: { S: 'z' } } } } } }],
  ['l[1]', { l: { L: [{ S: '1' }] } }],
  ['l[2].b, l[0], l[9]', { l: { L: [{ S: '0' }, { M: { b: { S: '2b' } } }] } }],
])('%s', (text, expected) => {
  expect(plain(projectText(text, item))).toEqual(expected)
})

test('names that objects inherit are ordinary names, present or not', () => {
  const names = { '#p': '__proto__', '#c': 'constructor' }
  expect(Object.keys(projectText('#p, #c', item, names))).toEqual([])
  const odd = newMap()
  odd['__proto__'] = { M: { a: { S: 'x' } } }
  odd['constructor'] = { S: 'y' }
  const projected = projectText('#p.a, #c', odd, names)
  expect(Object.entries(projected).map(([name]) => name)).toEqual(['__proto__', 'constructor'])
  expect(plain(projected)).toEqual(plain(odd))
})

test('the attributes that a projection reads are its top-level names', () => {
  const bound = bindExpressions({ projection: 'a.b, c, a.d[1]', names: undefined, values: undefined })
  if (isInvalid(bound) || bound.projection === undefined) throw new Error('refused')
  expect(projectedAttributes(bound.projection)).toEqual(['a', 'c'])
})

function projectText(text: string, from: AttributeMap, names?: Record<string, string>): AttributeMap {
  const bound = bindExpressions({ projection: text, names, values: undefined })
  if (isInvalid(bound) || bound.projection === undefined) throw new Error('refused')
  return project(bound.projection, from)
}

/** Maps without prototypes as JSON sees them. */
function plain(map: AttributeMap): unknown {
  return JSON.parse(JSON.stringify(map))
}
