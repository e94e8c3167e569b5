import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestWorld } from '../../src/api/test-world.contract.ts'
import { startTestWorld } from '../../src/api/test-world.contract.ts'
import { explore } from './explore.ts'
import { Model } from './model.ts'
import type { Change } from './model-table.ts'
import { ModelTable } from './model-table.ts'
import type { MakeModel } from './run-history.ts'
import type { IndexSpec, SingleStep, Step } from './steps.ts'
import type { Item } from './values.ts'
import { sameJson } from './values.ts'

/** The test of the test: a model with one rule wrong must be found out, and what remains of the history must be what it takes to see it. */
describe('a wrong rule is found, and shrunk to a few steps', () => {
  let world: TestWorld
  beforeAll(async () => {
    world = await startTestWorld()
  })
  afterAll(() => world.close())

  /** Steps that remain. */
  async function found(makeModel: MakeModel): Promise<readonly Step[]> {
    const { failure } = await explore({ api: world.api, seed: 7, operationsMin: 20_000, makeModel })
    expect(failure?.report).toContain(`EVERYWRITE_DIFF_SEED=${failure?.seed ?? ''} npx vitest run test/differential`)
    return failure?.smallest.steps ?? []
  }

  it('a PutItem that leaves attributes of the item that it replaces', { timeout: 120_000 }, async () => {
    const steps = await found(({ tables }, named) => new Model(tables, named, (spec) => new MergingTable(spec)))
    expect(steps.length).toBeLessThanOrEqual(3)
    expect(steps.length).toBeGreaterThan(1)
  })

  it('an index that has items without one of its sort attributes', { timeout: 120_000 }, async () => {
    const steps = await found(({ tables }, named) => new Model(tables, named, (spec) => new CarelessTable(spec)))
    expect(steps.length).toBeLessThanOrEqual(2)
  })

  it('an ADD that replaces', { timeout: 120_000 }, async () => {
    const steps = await found(({ tables }, named) => new ReplacingModel(tables, named))
    expect(steps.length).toBeLessThanOrEqual(3)
    expect(JSON.stringify(steps.at(-1))).toMatch(/"add"|"get"|"query"|"scan"/)
  })

  it('an INSERT that replaces', { timeout: 120_000 }, async () => {
    const steps = await found(({ tables }, named) => new CarelessInserts(tables, named))
    expect(steps.length).toBeLessThanOrEqual(2)
    expect(JSON.stringify(steps.at(-1))).toContain('"statement":true')
  })

  it('a stream that tells of writes that changed nothing', { timeout: 120_000 }, async () => {
    const steps = await found(({ tables }, named) => new Model(tables, named, (spec) => new TalkativeTable(spec)))
    expect(steps.length).toBeLessThanOrEqual(2)
  })
})

class CarelessInserts extends Model {
  override carryOut(step: SingleStep): object {
    if (step.kind === 'put' && step.statement === true) this.table(step.table).set(this.table(step.table).keyOf(step.item), undefined)
    return super.carryOut(step)
  }
}

class TalkativeTable extends ModelTable {
  override record(change: Change): void {
    super.record(change)
    if (change.before !== undefined && sameJson(change.before, change.after)) super.record({ ...change, before: undefined })
  }
}

class MergingTable extends ModelTable {
  override set(key: string, item: Item | undefined): void {
    super.set(key, item && { ...this.get(key), ...item })
  }
}

class CarelessTable extends ModelTable {
  override entryOf(index: IndexSpec, item: Item): Item | undefined {
    return super.entryOf({ ...index, sort: [] }, item) && super.entryOf({ ...index, sort: index.sort.slice(0, -1) }, item)
  }
}

class ReplacingModel extends Model {
  override carryOut(step: SingleStep): object {
    if (step.kind !== 'update' || step.actions === undefined) return super.carryOut(step)
    const actions = step.actions.map((action) =>
      action.kind === 'add' ? { kind: 'set' as const, path: action.path, operand: { value: action.value } } : action,
    )
    return super.carryOut({ ...step, actions })
  }
}
