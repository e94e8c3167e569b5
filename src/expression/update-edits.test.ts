import { describe, expect, test } from 'vitest'
import type { AttributeMap } from '../item/attribute-value.ts'
import { isInvalid } from '../item/invalid.ts'
import type { ItemEdit } from '../item/item-edit.ts'
import { bindExpressions } from './bind.ts'
import { applyUpdate } from './update.ts'
import { editsOf } from './update-edits.ts'

const N = (value: number): { N: string } => ({ N: String(value) })
const item: AttributeMap = { n: N(1), l: { L: [N(1)] }, s: { SS: ['a'] }, m: { M: { n: N(2), l: { L: [{ M: { p: N(1) } }] } } } }

function edits(update: string, values: AttributeMap = {}): readonly ItemEdit[] {
  const bound = bindExpressions({ update, names: undefined, values: Object.keys(values).length === 0 ? undefined : values })
  if (isInvalid(bound) || bound.update === undefined) throw new Error(JSON.stringify(bound))
  const updated = applyUpdate(bound.update, item)
  if (isInvalid(updated)) throw new Error(updated.invalid)
  return editsOf(bound.update, item, updated.item)
}

describe('what an update did, place by place', () => {
  test.each<[string, AttributeMap, readonly ItemEdit[]]>([
    ['ADD n :v', { ':v': N(5) }, [{ kind: 'add', path: ['n'], by: '5' }]],
    ['ADD m.n :v', { ':v': N(-5) }, [{ kind: 'add', path: ['m', 'n'], by: '-5' }]],
    ['SET n = n + :v', { ':v': N(5) }, [{ kind: 'add', path: ['n'], by: '5' }]],
    ['SET n = :v + n', { ':v': N(5) }, [{ kind: 'add', path: ['n'], by: '5' }]],
    ['SET n = n - :v', { ':v': N(5) }, [{ kind: 'add', path: ['n'], by: '-5' }]],
    ['SET n = :v - n', { ':v': N(5) }, [{ kind: 'set', path: ['n'], value: N(4) }]],
    ['SET m.n = n + :v', { ':v': N(5) }, [{ kind: 'set', path: ['m', 'n'], value: N(6) }]],
    ['SET n = if_not_exists(n, :z) + :v', { ':v': N(5), ':z': N(9) }, [{ kind: 'add', path: ['n'], by: '5' }]],
    [
      'SET x = if_not_exists(x, :z) + :v',
      { ':v': N(5), ':z': N(9) },
      [
        { kind: 'set', path: ['x'], value: N(9) },
        { kind: 'add', path: ['x'], by: '5' },
      ],
    ],
    ['SET x = if_not_exists(x, :z) + :v', { ':v': N(5), ':z': N(0) }, [{ kind: 'add', path: ['x'], by: '5' }]],
    ['SET x = if_not_exists(x, :v)', { ':v': N(5) }, [{ kind: 'set', path: ['x'], value: N(5) }]],
    ['SET n = if_not_exists(n, :v)', { ':v': N(5) }, []],
    ['SET n = :v', { ':v': N(1) }, [{ kind: 'set', path: ['n'], value: N(1) }]],
    ['SET l = list_append(l, :v)', { ':v': { L: [N(2)] } }, [{ kind: 'append', path: ['l'], elements: [N(2)] }]],
    ['SET l = list_append(:v, l)', { ':v': { L: [N(2)] } }, [{ kind: 'prepend', path: ['l'], elements: [N(2)] }]],
    [
      'SET x = list_append(if_not_exists(x, :e), :v)',
      { ':v': { L: [N(2)] }, ':e': { L: [] } },
      [{ kind: 'append', path: ['x'], elements: [N(2)] }],
    ],
    ['SET x = list_append(l, :v)', { ':v': { L: [N(2)] } }, [{ kind: 'set', path: ['x'], value: { L: [N(1), N(2)] } }]],
    ['ADD s :v', { ':v': { SS: ['b'] } }, [{ kind: 'include', path: ['s'], elements: { SS: ['b'] } }]],
    ['DELETE s :v', { ':v': { SS: ['a'] } }, [{ kind: 'exclude', path: ['s'], elements: { SS: ['a'] } }]],
    [
      'REMOVE n, m.n',
      {},
      [
        { kind: 'remove', path: ['n'] },
        { kind: 'remove', path: ['m', 'n'] },
      ],
    ],
    ['SET l[0] = :v, l[1] = :v', { ':v': N(7) }, [{ kind: 'set', path: ['l'], value: { L: [N(7), N(7)] } }]],
    ['SET m.l[0].p = m.l[0].p + :v', { ':v': N(7) }, [{ kind: 'set', path: ['m', 'l'], value: { L: [{ M: { p: N(8) } }] } }]],
  ])('%s', (update, values, expected) => {
    expect(edits(update, values)).toEqual(expected)
  })
})
