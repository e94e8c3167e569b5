import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AttributeMap } from '../item/attribute-value.ts'
import { isInvalid } from '../item/invalid.ts'
import type { BoundExpressions } from './bind.ts'
import { bindExpressions } from './bind.ts'
import { conditionAttributes, evaluateCondition } from './condition.ts'
import type { LegacyParameters } from './legacy.ts'
import { translateLegacy } from './legacy.ts'
import { project } from './projection.ts'
import { applyUpdate, onlyTakesAway, projectTouched } from './update.ts'

function translated(parameters: LegacyParameters): BoundExpressions {
  const plans = translateLegacy(parameters)
  if (isInvalid(plans)) throw new Error(plans.invalid)
  return plans
}

function problemOf(parameters: LegacyParameters): string {
  const plans = translateLegacy(parameters)
  if (!isInvalid(plans)) throw new Error('it was accepted')
  return plans.invalid
}

/** Whether an item passes a filter. */
function passes(ScanFilter: LegacyParameters['ScanFilter'] & object, item: AttributeMap, operator?: 'AND' | 'OR'): boolean {
  const { filter } = translated({ ScanFilter, ...(operator === undefined ? {} : { ConditionalOperator: operator }) })
  if (filter === undefined) throw new Error('no filter')
  return evaluateCondition(filter, item)
}

const parametersPrefix = 'One or more parameter values were invalid: '

describe('a comparison', () => {
  const item: AttributeMap = {
    s: { S: 'banana' },
    n: { N: '10' },
    b: { B: 'AQID' },
    yes: { BOOL: true },
    nothing: { NULL: true },
    map: { M: { x: { N: '1' } } },
    list: { L: [{ S: 'a' }, { N: '1' }, { BOOL: true }] },
    strings: { SS: ['a', 'b'] },
    numbers: { NS: ['1', '2'] },
    binaries: { BS: ['AQ==', 'Ag=='] },
    'map.x': { S: 'a name with a dot' },
  }

  it.each([
    ['s', 'EQ', [{ S: 'banana' }], true],
    ['s', 'EQ', [{ S: 'apple' }], false],
    ['n', 'EQ', [{ N: '1e1' }], true],
    ['n', 'EQ', [{ S: '10' }], false],
    ['strings', 'EQ', [{ SS: ['b', 'a'] }], true],
    ['strings', 'EQ', [{ SS: ['a'] }], false],
    ['map', 'EQ', [{ M: { x: { N: '1' } } }], true],
    ['list', 'EQ', [{ L: [{ S: 'a' }] }], false],
    ['absent', 'EQ', [{ S: 'x' }], false],
    ['s', 'NE', [{ S: 'banana' }], false],
    ['s', 'NE', [{ N: '1' }], true],
    ['absent', 'NE', [{ S: 'x' }], true],
    ['n', 'LT', [{ N: '9' }], false],
    ['n', 'LT', [{ N: '11' }], true],
    ['n', 'LE', [{ N: '10' }], true],
    ['n', 'GT', [{ N: '9' }], true],
    ['n', 'GE', [{ N: '11' }], false],
    ['n', 'GT', [{ S: '9' }], false],
    ['absent', 'LT', [{ N: '1' }], false],
    ['n', 'BETWEEN', [{ N: '9' }, { N: '10' }], true],
    ['n', 'BETWEEN', [{ N: '10.5' }, { N: '11' }], false],
    ['s', 'BETWEEN', [{ N: '1' }, { N: '2' }], false],
    ['absent', 'BETWEEN', [{ N: '1' }, { N: '2' }], false],
    ['s', 'IN', [{ N: '1' }, { S: 'banana' }], true],
    ['s', 'IN', [{ S: 'apple' }], false],
    ['absent', 'IN', [{ S: 'x' }], false],
    ['nothing', 'NOT_NULL', [], true],
    ['nothing', 'NULL', [], false],
    ['absent', 'NOT_NULL', [], false],
    ['absent', 'NULL', [], true],
    ['s', 'CONTAINS', [{ S: 'nan' }], true],
    ['s', 'CONTAINS', [{ S: 'nut' }], false],
    ['b', 'CONTAINS', [{ B: 'AgM=' }], true],
    ['strings', 'CONTAINS', [{ S: 'a' }], true],
    ['strings', 'CONTAINS', [{ S: 'c' }], false],
    ['strings', 'CONTAINS', [{ N: '1' }], false],
    ['numbers', 'CONTAINS', [{ N: '2.0' }], true],
    ['binaries', 'CONTAINS', [{ B: 'Ag==' }], true],
    ['list', 'CONTAINS', [{ BOOL: true }], true],
    ['list', 'CONTAINS', [{ N: '2' }], false],
    ['absent', 'CONTAINS', [{ S: 'x' }], false],
    ['s', 'NOT_CONTAINS', [{ S: 'nut' }], true],
    ['s', 'NOT_CONTAINS', [{ S: 'nan' }], false],
    ['numbers', 'NOT_CONTAINS', [{ N: '3' }], true],
    ['numbers', 'NOT_CONTAINS', [{ N: '1' }], false],
    ['absent', 'NOT_CONTAINS', [{ S: 'x' }], false],
    ['s', 'BEGINS_WITH', [{ S: 'ban' }], true],
    ['s', 'BEGINS_WITH', [{ S: 'nan' }], false],
    ['b', 'BEGINS_WITH', [{ B: 'AQI=' }], true],
    ['n', 'BEGINS_WITH', [{ S: '1' }], false],
    ['map.x', 'EQ', [{ S: 'a name with a dot' }], true],
    ['map.x', 'EQ', [{ N: '1' }], false],
  ] as const)('%s %s %j is %s', (name, ComparisonOperator, AttributeValueList, expected) => {
    expect(passes({ [name]: { ComparisonOperator, AttributeValueList } }, item)).toBe(expected)
  })

  const argumentCount = (operator: string) => `${parametersPrefix}Invalid number of argument(s) for the ${operator} ComparisonOperator`
  const type = (operator: string, name: string) =>
    `${parametersPrefix}ComparisonOperator ${operator} is not valid for ${name} AttributeValue type`
  const s = { S: 'x' }

  it.each([
    ['EQ', [], argumentCount('EQ')],
    ['EQ', [s, s], argumentCount('EQ')],
    ['NE', [], argumentCount('NE')],
    ['LE', [s, s], argumentCount('LE')],
    ['NULL', [s], argumentCount('NULL')],
    ['NOT_NULL', [s], argumentCount('NOT_NULL')],
    ['BETWEEN', [s], argumentCount('BETWEEN')],
    ['BETWEEN', [s, s, s], argumentCount('BETWEEN')],
    ['IN', [], argumentCount('IN')],
    ['CONTAINS', [], argumentCount('CONTAINS')],
    ['LT', [{ BOOL: true }], type('LT', 'BOOL')],
    ['GE', [{ SS: ['a'] }], type('GE', 'SS')],
    ['BETWEEN', [{ M: {} }, { M: {} }], type('BETWEEN', 'M')],
    ['IN', [s, { NS: ['1'] }], type('IN', 'NS')],
    ['CONTAINS', [{ SS: ['a'] }], type('CONTAINS', 'SS')],
    ['NOT_CONTAINS', [{ L: [] }], type('NOT_CONTAINS', 'L')],
    ['BEGINS_WITH', [{ N: '1' }], type('BEGINS_WITH', 'N')],
    ['BETWEEN', [s, { N: '1' }], `${parametersPrefix}AttributeValues inside AttributeValueList must be of same type`],
    [
      'BETWEEN',
      [{ N: '10' }, { N: '9' }],
      'The BETWEEN condition was provided a range where the lower bound is bigger than the upper bound',
    ],
    ['EQ', [{}], 'Supplied AttributeValue is empty, must contain exactly one of the supported datatypes'],
    ['EQ', [{ SS: [] }], `${parametersPrefix}An string set  may not be empty`],
  ] as const)('%s of %j is refused', (ComparisonOperator, AttributeValueList, message) => {
    const condition = { a: { ComparisonOperator, AttributeValueList } }
    expect(problemOf({ QueryFilter: condition })).toBe(message)
    expect(problemOf({ KeyConditions: condition })).toBe(message)
    expect(problemOf({ Expected: condition })).toBe(message)
  })
})

describe('several comparisons', () => {
  const both = {
    a: { ComparisonOperator: 'EQ', AttributeValueList: [{ N: '1' }] },
    b: { ComparisonOperator: 'EQ', AttributeValueList: [{ N: '2' }] },
  } as const
  const one: AttributeMap = { a: { N: '1' } }

  it('must all hold, unless OR is asked for', () => {
    expect(passes(both, one)).toBe(false)
    expect(passes(both, one, 'AND')).toBe(false)
    expect(passes(both, one, 'OR')).toBe(true)
    expect(passes(both, {}, 'OR')).toBe(false)
    expect(passes(both, { ...one, b: { N: '2' } })).toBe(true)
  })

  it('are none in an empty map, which asks for nothing', () => {
    expect(translated({ ScanFilter: {}, Expected: {}, AttributeUpdates: {} })).toEqual({})
  })

  it('name the attributes that they read', () => {
    const { filter } = translated({ QueryFilter: { ...both, c: { ComparisonOperator: 'NOT_CONTAINS', AttributeValueList: [{ S: 'x' }] } } })
    expect(filter && [...conditionAttributes(filter)]).toEqual(['a', 'b', 'c'])
  })

  it('need an operator to join them only when there are two', () => {
    expect(problemOf({ ConditionalOperator: 'AND' })).toBe('ConditionalOperator cannot be used without Filter or Expected')
    const few = 'ConditionalOperator can only be used when Filter or Expected has two or more elements'
    expect(problemOf({ ConditionalOperator: 'OR', ScanFilter: { a: both.a } })).toBe(few)
    expect(problemOf({ ConditionalOperator: 'OR', QueryFilter: { a: both.a } })).toBe(few)
    expect(problemOf({ ConditionalOperator: 'OR', Expected: {} })).toBe(few)
  })

  it('answer with a wrong shape before a wrong content, wherever it stands', () => {
    const content = { ComparisonOperator: 'EQ', AttributeValueList: [{ SS: [] }] } as const
    const shape = { ComparisonOperator: 'EQ', AttributeValueList: [{ S: 1 }] } as const
    const outcome = translateLegacy({ KeyConditions: { a: content }, QueryFilter: { b: shape } })
    expect(outcome).toMatchObject({ kind: 'serialization' })
  })
})

describe('Expected', () => {
  const holds = (Expected: LegacyParameters['Expected'] & object, item: AttributeMap): boolean => {
    const { condition } = translated({ Expected })
    if (condition === undefined) throw new Error('no condition')
    return evaluateCondition(condition, item)
  }
  const five: AttributeMap = { version: { N: '5' } }

  it('takes a value alone, or with Exists, as the value that must be there', () => {
    for (const more of [{}, { Exists: true }, { ComparisonOperator: 'EQ' } as const]) {
      expect(holds({ version: { Value: { N: '5' }, ...more } }, five)).toBe(true)
      expect(holds({ version: { Value: { N: '4' }, ...more } }, five)).toBe(false)
      expect(holds({ version: { Value: { N: '5' }, ...more } }, {})).toBe(false)
    }
    expect(holds({ version: { Value: { N: '4' }, ComparisonOperator: 'GT' } }, five)).toBe(true)
  })

  it('takes Exists: false as absence, whatever the value would be', () => {
    expect(holds({ version: { Exists: false } }, {})).toBe(true)
    expect(holds({ version: { Exists: false } }, five)).toBe(false)
    expect(holds({ version: { Exists: false } }, { version: { NULL: true } })).toBe(false)
  })

  it('takes the comparisons of filters', () => {
    expect(holds({ version: { ComparisonOperator: 'BETWEEN', AttributeValueList: [{ N: '1' }, { N: '9' }] } }, five)).toBe(true)
    expect(holds({ version: { ComparisonOperator: 'NULL' } }, {})).toBe(true)
    expect(holds({ version: { ComparisonOperator: 'NE', AttributeValueList: [{ N: '1' }] } }, {})).toBe(true)
  })

  const Value = { N: '5' }
  it.each([
    [{}, 'Value must be provided when Exists is null'],
    [{ Exists: true }, 'Value must be provided when Exists is true'],
    [{ Exists: false, Value }, 'Value cannot be used when Exists is false'],
    [{ Exists: true, ComparisonOperator: 'EQ', AttributeValueList: [Value] }, 'Exists and ComparisonOperator cannot be used together'],
    [{ AttributeValueList: [Value] }, 'AttributeValueList can only be used with a ComparisonOperator'],
    [{ Exists: true, AttributeValueList: [Value] }, 'AttributeValueList can only be used with a ComparisonOperator'],
    [{ Value, ComparisonOperator: 'EQ', AttributeValueList: [Value] }, 'Value and AttributeValueList cannot be used together'],
    [{ ComparisonOperator: 'LT' }, 'Value or AttributeValueList must be used with ComparisonOperator: LT'],
  ] as const)('refuses %j', (entry, message) => {
    expect(problemOf({ Expected: { a: entry } })).toBe(`${parametersPrefix}${message} for Attribute: a`)
  })
})

describe('KeyConditions', () => {
  const conditionsFor = (ComparisonOperator: 'EQ' | 'LE' | 'LT' | 'GE' | 'GT' | 'BEGINS_WITH', value = { S: 'x' }) =>
    translated({ KeyConditions: { k: { ComparisonOperator, AttributeValueList: [value] } } }).keyCondition?.conditions

  it('become the ranges of a key condition', () => {
    expect(conditionsFor('EQ')).toEqual([{ attribute: 'k', range: { op: '=', value: { S: 'x' } } }])
    expect(conditionsFor('LE')).toEqual([{ attribute: 'k', range: { op: '<=', value: { S: 'x' } } }])
    expect(conditionsFor('LT')).toEqual([{ attribute: 'k', range: { op: '<', value: { S: 'x' } } }])
    expect(conditionsFor('GE')).toEqual([{ attribute: 'k', range: { op: '>=', value: { S: 'x' } } }])
    expect(conditionsFor('GT')).toEqual([{ attribute: 'k', range: { op: '>', value: { S: 'x' } } }])
    expect(conditionsFor('BEGINS_WITH')).toEqual([{ attribute: 'k', range: { op: 'begins_with', prefix: { S: 'x' } } }])
    const between = { ComparisonOperator: 'BETWEEN', AttributeValueList: [{ N: '1' }, { N: '2' }] } as const
    expect(translated({ KeyConditions: { k: between } }).keyCondition?.conditions).toEqual([
      { attribute: 'k', range: { op: 'BETWEEN', low: { N: '1' }, high: { N: '2' } } },
    ])
  })

  it.each(['NE', 'IN', 'CONTAINS', 'NOT_CONTAINS'] as const)('cannot be %s', (ComparisonOperator) => {
    expect(problemOf({ KeyConditions: { k: { ComparisonOperator, AttributeValueList: [{ S: 'x' }] } } })).toBe(
      'Attempted conditional constraint is not an indexable operation',
    )
  })

  it.each(['NULL', 'NOT_NULL'] as const)('cannot be %s', (ComparisonOperator) => {
    expect(problemOf({ KeyConditions: { k: { ComparisonOperator } } })).toBe(
      'Attempted conditional constraint is not an indexable operation',
    )
  })

  it('are at least one', () => {
    expect(problemOf({ KeyConditions: {} })).toBe('Conditions can be of length 1 or 2 only')
  })
})

describe('AttributeUpdates', () => {
  const item: AttributeMap = {
    n: { N: '1' },
    strings: { SS: ['a', 'b'] },
    list: { L: [{ N: '1' }] },
    'a.b': { S: 'dotted' },
  }
  const planOf = (AttributeUpdates: LegacyParameters['AttributeUpdates'] & object) => {
    const { update } = translated({ AttributeUpdates })
    if (update === undefined) throw new Error('no update')
    return update
  }
  const updated = (updates: LegacyParameters['AttributeUpdates'] & object): AttributeMap | string => {
    const outcome = applyUpdate(planOf(updates), item)
    return isInvalid(outcome) ? outcome.invalid : { ...outcome.item }
  }

  it('puts, adds and deletes', () => {
    expect(
      updated({
        new: { Value: { S: 'x' } },
        n: { Action: 'ADD', Value: { N: '2' } },
        strings: { Action: 'DELETE', Value: { SS: ['a', 'z'] } },
        'a.b': { Action: 'DELETE' },
        list: { Action: 'ADD', Value: { L: [{ N: '2' }] } },
      }),
    ).toEqual({ new: { S: 'x' }, n: { N: '3' }, strings: { SS: ['b'] }, list: { L: [{ N: '1' }, { N: '2' }] } })
  })

  it('replaces a value by one of another type, and counts missing ones as nothing', () => {
    expect(updated({ n: { Action: 'PUT', Value: { S: 'x' } } })).toEqual({ ...item, n: { S: 'x' } })
    expect(updated({ other: { Action: 'ADD', Value: { L: [] } } })).toEqual({ ...item, other: { L: [] } })
    expect(updated({ other: { Action: 'ADD', Value: { N: '7' } } })).toEqual({ ...item, other: { N: '7' } })
    expect(updated({ other: { Action: 'DELETE', Value: { SS: ['a'] } } })).toEqual(item)
    expect(updated({ strings: { Action: 'DELETE', Value: { SS: ['a', 'b'] } } })).not.toHaveProperty('strings')
  })

  it('does not work on a value of another type', () => {
    const mismatch = 'Type mismatch for attribute to update'
    expect(updated({ n: { Action: 'ADD', Value: { SS: ['a'] } } })).toBe(mismatch)
    expect(updated({ strings: { Action: 'ADD', Value: { NS: ['1'] } } })).toBe(mismatch)
    expect(updated({ strings: { Action: 'DELETE', Value: { NS: ['1'] } } })).toBe(mismatch)
    expect(updated({ strings: { Action: 'ADD', Value: { L: [] } } })).toBe(mismatch)
  })

  it('touches the attributes that it names, as whole names', () => {
    const plan = planOf({ 'a.b': { Value: { N: '1' } }, n: { Action: 'DELETE' } })
    const outcome = applyUpdate(plan, item)
    if (isInvalid(outcome)) throw new Error(outcome.invalid)
    expect(projectTouched(outcome.touched, item)).toEqual({ 'a.b': { S: 'dotted' }, n: { N: '1' } })
    expect(projectTouched(outcome.touched, outcome.item)).toEqual({ 'a.b': { N: '1' } })
  })

  it('knows when it can only take away', () => {
    expect(onlyTakesAway(planOf({ a: { Action: 'DELETE' }, b: { Action: 'DELETE', Value: { NS: ['1'] } } }))).toBe(true)
    expect(onlyTakesAway(planOf({ a: { Action: 'DELETE' }, b: { Value: { NS: ['1'] } } }))).toBe(false)
  })

  const valueMissing = 'Only DELETE action is allowed when no attribute value is specified'
  it.each([
    [{ Action: 'PUT' }, valueMissing],
    [{}, valueMissing],
    [{ Action: 'ADD' }, valueMissing],
    [{ Action: 'ADD', Value: { S: 'x' } }, 'ADD action is not supported for the type STRING'],
    [{ Action: 'ADD', Value: { M: {} } }, 'ADD action is not supported for the type MAP'],
    [{ Action: 'DELETE', Value: { S: 'x' } }, 'DELETE action with value is not supported for the type STRING'],
    [{ Action: 'DELETE', Value: { L: [] } }, 'DELETE action with value is not supported for the type LIST'],
    [{ Value: { NS: [] } }, 'An number set  may not be empty'],
  ] as const)('refuses %j', (update, message) => {
    expect(problemOf({ AttributeUpdates: { a: update } })).toBe(parametersPrefix + message)
  })

  it('holds new names to the rules of names', () => {
    expect(problemOf({ AttributeUpdates: { '': { Value: { S: 'x' } } } })).toBe(`${parametersPrefix}Attribute name must not be empty`)
    const outcome = applyUpdate(planOf(JSON.parse('{"__proto__":{"Value":{"S":"x"}}}') as Record<string, { Value: unknown }>), {})
    expect(isInvalid(outcome) ? outcome : Object.entries(outcome.item)).toEqual([['__proto__', { S: 'x' }]])
  })
})

describe('AttributesToGet', () => {
  it('gets whole attributes by their whole names', () => {
    const { projection } = translated({ AttributesToGet: ['a.b', 'absent', 'l[0]'] })
    const item: AttributeMap = { a: { M: { b: { N: '1' } } }, 'a.b': { N: '2' }, l: { L: [{ N: '3' }] } }
    expect(projection && { ...project(projection, item) }).toEqual({ 'a.b': { N: '2' } })
  })

  it('names each attribute once', () => {
    expect(problemOf({ AttributesToGet: ['a', 'b', 'a'] })).toBe(`${parametersPrefix}Duplicate value in attribute name: a`)
  })
})

describe('an older parameter', () => {
  const name = fc.string({ minLength: 1 })
  const value = fc.oneof(
    fc.string().map((S) => ({ S })),
    fc.integer().map((N) => ({ N: String(N) })),
    fc.constant({ B: 'AQI=' }),
  )
  const bound = (request: { filter?: string; update?: string }, attribute: string, operand: AttributeMap): BoundExpressions => {
    const plans = bindExpressions({ ...request, names: { '#a': attribute }, values: operand })
    if (isInvalid(plans)) throw new Error(plans.invalid)
    return plans
  }

  it.each([
    ['EQ', '#a = :v'],
    ['NE', '#a <> :v'],
    ['LT', '#a < :v'],
    ['LE', '#a <= :v'],
    ['GT', '#a > :v'],
    ['GE', '#a >= :v'],
    ['IN', '#a IN (:v)'],
    ['CONTAINS', 'contains(#a, :v)'],
  ] as const)('%s gives the plan that %s gives, whatever the name and the value', (ComparisonOperator, filter) => {
    fc.assert(
      fc.property(name, value, (attribute, operand) => {
        const legacy = translated({ ScanFilter: Object.fromEntries([[attribute, { ComparisonOperator, AttributeValueList: [operand] }]]) })
        expect(legacy.filter).toEqual(bound({ filter }, attribute, { ':v': operand }).filter)
      }),
    )
  })

  it('that puts changes an item as SET does', () => {
    fc.assert(
      fc.property(name, value, (attribute, operand) => {
        const legacy = translated({ AttributeUpdates: Object.fromEntries([[attribute, { Value: operand }]]) }).update
        const { update } = bound({ update: 'SET #a = :v' }, attribute, { ':v': operand })
        expect(legacy?.actions).toEqual(update?.actions)
        expect(legacy?.targets).toEqual(update?.targets)
      }),
    )
  })
})
