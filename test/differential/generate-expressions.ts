/** Conditions, updates and projections, as trees. What DynamoDB refuses before it looks at an item is left out, but for a few that overlap. */
import type { Random } from '../../src/base/random.ts'
import { chance, integerBelow, pick } from '../../src/base/random.ts'
import {
  fieldNames,
  innerName,
  orderedPair,
  orderedScalar,
  randomField,
  randomNumber,
  randomScalar,
  randomSet,
  randomValue,
} from './generate-values.ts'
import { pathsClash } from './model-projection.ts'
import type { Comparator, Condition, Operand, SetOperand, UpdateAction } from './steps.ts'
import type { Path, Type, Value } from './values.ts'

export function randomPath(random: Random, names: readonly string[] = fieldNames): Path {
  const path: (string | number)[] = [pick(random, names)]
  while (path.length < 4 && chance(random, path.length === 1 ? 0.3 : 0.4)) {
    path.push(path.at(-1) === 'fl' || chance(random, 0.3) ? integerBelow(random, 4) : innerName(random))
  }
  return path
}

/** Several that can stand together; rarely some that cannot. */
export function randomPaths(random: Random, most: number): Path[] {
  const paths: Path[] = []
  for (let left = 1 + integerBelow(random, most); left > 0; left--) {
    const path = randomPath(random)
    if (!pathsClash([...paths, path]) || chance(random, 0.01)) paths.push(path)
  }
  return paths
}

const comparators: readonly Comparator[] = ['=', '<>', '<', '<=', '>', '>=']

/** @param names the attributes that it may read */
export function randomCondition(random: Random, names: readonly string[] = fieldNames, levels = 3): Condition {
  if (levels > 0 && chance(random, 0.35)) {
    const kind = pick(random, ['and', 'or', 'not'] as const)
    if (kind === 'not') return { kind, condition: randomCondition(random, names, levels - 1) }
    return { kind, conditions: Array.from({ length: 2 + integerBelow(random, 2) }, () => randomCondition(random, names, levels - 1)) }
  }
  return randomTest(random, () => randomPath(random, names))
}

function randomTest(random: Random, pathOf: () => Path): Condition {
  const path = pathOf()
  const kind = pick(random, [
    'compare',
    'compare',
    'compare',
    'size',
    'exists',
    'missing',
    'type',
    'between',
    'in',
    'begins',
    'contains',
  ] as const)
  switch (kind) {
    case 'exists':
    case 'missing':
      return { kind, path }
    case 'type':
      return { kind, path, type: pick(random, ['S', 'N', 'B', 'BOOL', 'NULL', 'M', 'L', 'SS', 'NS', 'BS'] as const) }
    case 'size':
      return {
        kind: 'compare',
        comparator: pick(random, comparators),
        left: { size: path },
        right: { value: { N: String(integerBelow(random, 5)) } },
      }
    case 'between': {
      const [low, high] = orderedPair(random, pick(random, ['S', 'N', 'B'] as const))
      return { kind, operand: { path }, low: { value: low }, high: { value: high } }
    }
    case 'in':
      return {
        kind,
        operand: { path },
        candidates: Array.from({ length: 1 + integerBelow(random, 4) }, () => ({ value: randomValue(random) })),
      }
    case 'begins':
      return { kind, operand: { path }, prefix: { value: randomScalar(random, pick(random, ['S', 'B'] as const)) } }
    case 'contains':
      return { kind, container: { path }, element: { value: randomValue(random) } }
    case 'compare':
      return comparison(random, path, pathOf)
  }
}

function comparison(random: Random, path: Path, pathOf: () => Path): Condition {
  const comparator = pick(random, comparators)
  const other = pathOf()
  const distinct = JSON.stringify(other) !== JSON.stringify(path)
  const right: Operand =
    distinct && chance(random, 0.2)
      ? { path: other }
      : { value: comparator === '=' || comparator === '<>' ? randomField(random, String(path[0])) : orderedScalar(random) }
  const swapped = chance(random, 0.1)
  return { kind: 'compare', comparator, left: swapped ? right : { path }, right: swapped ? { path } : right }
}

/** A condition that Expected and its like can say. */
export function olderCondition(random: Random): Condition {
  const names = new Set(Array.from({ length: 1 + integerBelow(random, 3) }, () => pick(random, fieldNames)))
  const conditions = [...names].map((name) => olderTest(random, [name]))
  const [first, ...more] = conditions
  if (first !== undefined && more.length === 0) return first
  return { kind: pick(random, ['and', 'or'] as const), conditions }
}

const elementTypes: readonly Type[] = ['S', 'N', 'B', 'BOOL', 'NULL']

function olderTest(random: Random, path: Path): Condition {
  const test = randomTest(random, () => path)
  switch (test.kind) {
    case 'exists':
    case 'missing':
    case 'between':
    case 'begins':
      return test
    case 'in':
      return { ...test, candidates: test.candidates.map(() => ({ value: orderedScalar(random) })) }
    case 'contains':
      return { ...test, element: { value: randomValue(random, elementTypes) } }
    default: {
      const comparator = pick(random, comparators)
      const value = comparator === '=' || comparator === '<>' ? randomField(random, String(path[0])) : orderedScalar(random)
      return { kind: 'compare', comparator, left: { path }, right: { value } }
    }
  }
}

export function randomUpdate(random: Random, indexed: readonly { name: string; value: Value }[]): UpdateAction[] {
  const actions: UpdateAction[] = []
  for (let left = 1 + integerBelow(random, 3); left > 0; left--) {
    const action = chance(random, 0.25) && indexed.length > 0 ? indexedAction(random, indexed) : randomAction(random, randomPath(random))
    if (!pathsClash([...actions, action].map(({ path }) => path)) || chance(random, 0.01)) actions.push(action)
  }
  return actions
}

function indexedAction(random: Random, indexed: readonly { name: string; value: Value }[]): UpdateAction {
  const { name, value } = pick(random, indexed)
  return chance(random, 0.3) ? { kind: 'remove', path: [name] } : { kind: 'set', path: [name], operand: { value } }
}

function randomAction(random: Random, path: Path): UpdateAction {
  const kind = pick(random, ['set', 'set', 'set', 'remove', 'add', 'delete'] as const)
  switch (kind) {
    case 'remove':
      return { kind, path }
    case 'set':
      return { kind, path, operand: randomSetOperand(random, path) }
    case 'add':
      if (path[0] !== 'fs' || chance(random, 0.1))
        return { kind, path: path[0] === 'fs' ? path : ['fn'], value: { N: randomNumber(random) } }
      return { kind, path, value: randomSet(random, pick(random, ['SS', 'NS', 'BS'] as const)) }
    case 'delete':
      return { kind, path: chance(random, 0.9) ? ['fs'] : path, value: randomSet(random, pick(random, ['SS', 'NS', 'BS'] as const)) }
  }
}

function randomSetOperand(random: Random, path: Path): SetOperand {
  const name = String(path[0])
  const kind = pick(random, ['value', 'value', 'value', 'ifMissing', 'append', 'arithmetic', 'path'] as const)
  switch (kind) {
    case 'value':
      return { value: randomField(random, name) }
    case 'path':
      return { path: [pick(random, ['fa', 'fn', 'size'])] }
    case 'ifMissing':
      return { ifMissing: randomPath(random), otherwise: { value: randomField(random, name) } }
    case 'append': {
      const list: SetOperand = { value: randomValue(random, ['L'], 1) }
      const old: SetOperand = chance(random, 0.5) ? { path: ['fl'] } : { ifMissing: ['fl'], otherwise: { value: { L: [] } } }
      return { append: chance(random, 0.5) ? [old, list] : [list, old] }
    }
    case 'arithmetic': {
      const old: SetOperand = chance(random, 0.6) ? { ifMissing: ['fn'], otherwise: { value: { N: '0' } } } : { path: ['fn'] }
      return { operator: pick(random, ['+', '-'] as const), operands: [old, { value: { N: randomNumber(random) } }] }
    }
  }
}

/** An update that AttributeUpdates can say. */
export function olderUpdate(random: Random): UpdateAction[] {
  const names = new Set(Array.from({ length: 1 + integerBelow(random, 3) }, () => pick(random, fieldNames)))
  return [...names].map((name): UpdateAction => {
    const path = [name]
    const kind = pick(random, ['set', 'set', 'remove', 'add', 'delete'] as const)
    if (kind === 'remove') return { kind, path }
    if (kind === 'set') return { kind, path, operand: { value: randomField(random, name) } }
    const sets = randomSet(random, pick(random, ['SS', 'NS', 'BS'] as const))
    if (kind === 'delete' || name === 'fs') return { kind, path, value: sets }
    return { kind, path, value: name === 'fl' ? randomValue(random, ['L'], 1) : { N: randomNumber(random) } }
  })
}
