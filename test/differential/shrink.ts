/**
 * Makes a failing history small: takes away steps, in halves and quarters and at last one by one (Zeller's delta debugging), then what the
 * steps that are left can do without. Every candidate is carried out anew; it counts when it still fails, in whatever way.
 */
import type { Condition, History, Step } from './steps.ts'

export type Fails = (history: History) => Promise<boolean>

/** @param budget how many candidates may be tried */
export async function shrink(history: History, fails: Fails, budget = 3000): Promise<History> {
  let left = budget
  const stillFails: Fails = async (candidate) => left-- > 0 && (await fails(candidate))
  let smallest = history
  for (;;) {
    const fewer = await withFewerSteps(smallest, stillFails)
    const smaller = await withSmallerParts(fewer, stillFails)
    if (smaller === smallest || left <= 0) return smaller
    smallest = smaller
  }
}

async function withFewerSteps(history: History, fails: Fails): Promise<History> {
  let current = history
  for (let size = Math.ceil(current.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    // The last steps go first: whatever stands behind the failure is of no use.
    for (let from = current.steps.length - size; from > -size; from -= size) {
      const steps = current.steps.filter((_step, at) => at < from || at >= from + size)
      const candidate = { ...current, steps }
      if (steps.length < current.steps.length && (await fails(candidate))) current = candidate
    }
  }
  return current
}

async function withSmallerParts(history: History, fails: Fails): Promise<History> {
  let current = history
  for (let at = 0; at < current.steps.length; at++) {
    for (;;) {
      const smaller = await firstFailing(variantsOfStep(current.steps[at]), (step) => replaceStep(current, at, step), fails)
      if (smaller === undefined) break
      current = smaller
    }
  }
  for (;;) {
    const smaller = await firstFailing(variantsOfTables(current), (candidate) => candidate, fails)
    if (smaller === undefined) return current
    current = smaller
  }
}

async function firstFailing<T>(variants: Iterable<T>, historyOf: (variant: T) => History, fails: Fails): Promise<History | undefined> {
  for (const variant of variants) {
    const candidate = historyOf(variant)
    if (await fails(candidate)) return candidate
  }
  return undefined
}

function replaceStep(history: History, at: number, step: Step): History {
  return { ...history, steps: history.steps.map((each, place) => (place === at ? step : each)) }
}

/** The members of a step that it can be without, and the lists and maps that can be shorter. */
const optional = new Set([
  'condition',
  'filter',
  'projection',
  'returnValues',
  'showOld',
  'metrics',
  'capacity',
  'limit',
  'start',
  'select',
  'reverse',
  'consistent',
  'segments',
  'legacy',
])
const lists = new Set(['actions', 'parts', 'writes', 'gets', 'keys'])
const maps = new Set(['item', 'put'])

function* variantsOfStep(step: Step | undefined): Generator<Step> {
  if (step !== undefined) yield* variantsOf(step) as Generator<Step>
}

/** The same with one piece less, at any depth. */
function* variantsOf(part: object): Generator<object> {
  for (const [name, value] of Object.entries(part)) {
    if (optional.has(name) && value !== undefined && !('kind' in part && part.kind === 'check')) yield { ...part, [name]: undefined }
    if ((name === 'condition' || name === 'filter') && value !== undefined) {
      for (const condition of simpler(value as Condition)) yield { ...part, [name]: condition }
    }
    if (lists.has(name) && Array.isArray(value)) {
      const elements = value as readonly object[]
      if (elements.length > 1)
        for (const at of elements.keys()) yield { ...part, [name]: elements.filter((_element, place) => place !== at) }
      for (const [at, element] of elements.entries()) {
        for (const smaller of variantsOf(element)) yield { ...part, [name]: elements.map((each, place) => (place === at ? smaller : each)) }
      }
    }
    if (maps.has(name)) {
      for (const attribute of Object.keys(value as object)) {
        yield { ...part, [name]: Object.fromEntries(Object.entries(value as object).filter(([each]) => each !== attribute)) }
      }
    }
  }
}

function* simpler(condition: Condition): Generator<Condition> {
  if (condition.kind === 'not') yield condition.condition
  if (condition.kind !== 'and' && condition.kind !== 'or') return
  yield* condition.conditions
  for (const [at, part] of condition.conditions.entries()) {
    for (const smaller of simpler(part))
      yield { ...condition, conditions: condition.conditions.map((each, place) => (place === at ? smaller : each)) }
  }
}

function* variantsOfTables(history: History): Generator<History> {
  for (const [at, table] of history.tables.entries()) {
    const others = history.tables.filter((_table, place) => place !== at)
    if (others.length > 0) yield { ...history, tables: others }
    for (const index of table.indexes) {
      const smaller = { ...table, indexes: table.indexes.filter((each) => each !== index) }
      yield { ...history, tables: history.tables.map((each, place) => (place === at ? smaller : each)) }
    }
    if (table.stream) yield { ...history, tables: history.tables.map((each, place) => (place === at ? { ...each, stream: false } : each)) }
  }
}
