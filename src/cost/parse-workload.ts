import type { InputProblem } from './input-problem.ts'
import { heldTo } from './input-schema.ts'
import { decimal, one, sum } from './money.ts'
import type { ItemSize, Rate, Workload, WorkloadTable } from './workload.ts'
import { replicasOf } from './workload.ts'

/** From what was read of a file to a workload, or to everything that is wrong with it. */
export function parseWorkload(value: unknown): Workload | readonly InputProblem[] {
  const held = heldTo('workload', value)
  if ('problems' in held) return held.problems
  const workload = held.value as Workload
  const problems = [...problemsOf(workload)]
  return problems.length === 0 ? workload : problems
}

export function isProblems(outcome: Workload | readonly InputProblem[]): outcome is readonly InputProblem[] {
  return Array.isArray(outcome)
}

/** What no schema can say. */
function* problemsOf(workload: Workload): Iterable<InputProblem> {
  const names = new Set<string>()
  for (const [at, table] of workload.tables.entries()) {
    const path = `tables[${at}]`
    if (names.has(table.name)) yield { path: `${path}.name`, problem: `is the name of another table too: ${table.name}` }
    names.add(table.name)
    yield* tableProblems(workload, table, path)
  }
  for (const name of Object.keys(workload.dailyCurves ?? {})) {
    if (!workload.regions.includes(name)) yield notAmong(`dailyCurves.${name}`, workload.regions)
  }
  for (const [path, curve] of [
    ['dailyCurve', workload.dailyCurve] as const,
    ...Object.entries(workload.dailyCurves ?? {}).map(([name, each]) => [`dailyCurves.${name}`, each] as const),
  ]) {
    if (Array.isArray(curve) && curve.every((factor) => factor === 0)) yield { path, problem: 'must have an hour that is not 0' }
  }
  if (workload.aurora !== undefined) yield* auroraProblems(workload.aurora)
}

function* auroraProblems({ primary, instances }: NonNullable<Workload['aurora']>): Iterable<InputProblem> {
  const writer = primary ?? Object.keys(instances)[0]
  if (primary !== undefined && !Object.hasOwn(instances, primary)) yield notAmong('aurora.primary', Object.keys(instances))
  if (writer !== undefined && instances[writer] === 0)
    yield { path: `aurora.instances.${writer}`, problem: 'must be 1 or more: the primary has the writer' }
}

function* tableProblems(workload: Workload, table: WorkloadTable, path: string): Iterable<InputProblem> {
  const replicas = replicasOf(workload, table)
  for (const [at, region] of (table.replicas ?? []).entries()) {
    if (!workload.regions.includes(region)) yield notAmong(`${path}.replicas[${at}]`, workload.regions)
  }
  yield* sizeProblems(table, path)
  if (table.items !== undefined && table.storedGb !== undefined) {
    yield { path: `${path}.storedGb`, problem: 'cannot be given together with items' }
  }
  const needsSize = table.items !== undefined || table.reads.some(({ bytes }) => bytes === undefined)
  if (needsSize && !hasSize(table)) yield { path: `${path}.itemBytes`, problem: 'is missing (or itemSizes): items or reads need a size' }
  for (const [at, write] of table.writes.entries()) {
    const here = `${path}.writes[${at}]`
    yield* placeProblems(write.region, replicas, `${here}.region`)
    yield* rateProblems(write, here)
    yield* sizeProblems(write, here)
    if (!hasSize(write) && !hasSize(table)) yield { path: `${here}.itemBytes`, problem: 'is missing (or itemSizes), here and in the table' }
  }
  for (const [at, read] of table.reads.entries()) {
    const here = `${path}.reads[${at}]`
    yield* placeProblems(read.region, replicas, `${here}.region`)
    yield* rateProblems(read, here)
    const index = table.indexes.find(({ name }) => name === read.index)
    if (read.index === undefined) continue
    const names = table.indexes.map(({ name }) => name)
    if (index === undefined) yield notAmong(`${here}.index`, names)
    else if (index.kind === 'global' && read.consistency !== 'eventual')
      yield { path: `${here}.consistency`, problem: 'must be eventual: a global index has no other reads' }
  }
  for (const each of ['timeToLive', 'streamReads'] as const) {
    const of = table[each]
    if (of === undefined) continue
    yield* placeProblems(of.region, replicas, `${path}.${each}.region`)
    yield* rateProblems(of, `${path}.${each}`)
  }
  for (const [at, { region }] of table.restores.entries()) yield* placeProblems(region, replicas, `${path}.restores[${at}].region`)
  yield* strongProblems(table, replicas, path)
}

/** What a strongly consistent global table cannot be. */
function* strongProblems(table: WorkloadTable, replicas: readonly string[], path: string): Iterable<InputProblem> {
  if (table.consistency !== 'strong') {
    if (table.witness !== undefined)
      yield { path: `${path}.witness`, problem: 'needs consistency: strong; an eventually consistent table has none' }
    return
  }
  const witnesses = table.witness === undefined ? 0 : 1
  if (replicas.length + witnesses !== 3) {
    yield { path: `${path}.consistency`, problem: 'strong needs exactly three Regions, one of which may be the witness' }
  }
  if (table.witness !== undefined && replicas.includes(table.witness))
    yield { path: `${path}.witness`, problem: 'has a replica already; allowed is another Region' }
  if (table.timeToLive !== undefined) yield { path: `${path}.timeToLive`, problem: 'does not exist with consistency: strong' }
  for (const [at, { transactional }] of table.writes.entries()) {
    if (transactional) yield { path: `${path}.writes[${at}].transactional`, problem: 'must be false with consistency: strong' }
  }
  for (const [at, { consistency }] of table.reads.entries()) {
    if (consistency === 'transactional')
      yield { path: `${path}.reads[${at}].consistency`, problem: 'must be one of eventual, strong with consistency: strong' }
  }
  for (const [at, { kind }] of table.indexes.entries()) {
    if (kind === 'local') yield { path: `${path}.indexes[${at}].kind`, problem: 'must be global with consistency: strong' }
  }
}

function* placeProblems(region: string, replicas: readonly string[], path: string): Iterable<InputProblem> {
  if (region !== 'every' && !replicas.includes(region)) yield notAmong(path, ['every', ...replicas])
}

function* rateProblems({ perSecond, perMonth }: Rate, path: string): Iterable<InputProblem> {
  if (perSecond === undefined && perMonth === undefined) yield { path: `${path}.perSecond`, problem: 'is missing (or perMonth)' }
  if (perSecond !== undefined && perMonth !== undefined)
    yield { path: `${path}.perMonth`, problem: 'cannot be given together with perSecond' }
}

function* sizeProblems({ itemBytes, itemSizes }: ItemSize, path: string): Iterable<InputProblem> {
  if (itemSizes === undefined) return
  if (itemBytes !== undefined) yield { path: `${path}.itemSizes`, problem: 'cannot be given together with itemBytes' }
  const total = sum(itemSizes.map(({ share }) => decimal(share)))
  if (total.minus(one).abs().gt(sharesTolerance))
    yield { path: `${path}.itemSizes`, problem: `must have shares that add up to 1, not ${total.toFixed()}` }
}

/** Thirds cannot be written down. */
const sharesTolerance = decimal('0.0001')

function hasSize({ itemBytes, itemSizes }: ItemSize): boolean {
  return itemBytes !== undefined || itemSizes !== undefined
}

function notAmong(path: string, allowed: readonly string[]): InputProblem {
  return { path, problem: allowed.length === 0 ? 'names nothing that there is' : `must be one of ${allowed.join(', ')}` }
}
