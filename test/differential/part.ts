import { afterAll, beforeAll, expect, it } from 'vitest'
import type { TestWorld } from '../../src/api/test-world.contract.ts'
import { startTestWorld } from '../../src/api/test-world.contract.ts'
import { explore } from './explore.ts'

/**
 * Random requests to the product and to a small model of DynamoDB; both must answer the same. There are two parts, in files of their own, so
 * that two processors share the work.
 *
 *   EVERYWRITE_DIFF_SEED        replays a run from its seed on, in the first part alone
 *   EVERYWRITE_DIFF_OPERATIONS  how many there shall be (100,000 when left out), at least, in both parts together
 */
const given = process.env['EVERYWRITE_DIFF_SEED']
const operationsMin = Math.ceil(Number(process.env['EVERYWRITE_DIFF_OPERATIONS'] ?? 100_000) / (given === undefined ? 2 : 1))
const SEEDS_PER_PART = 1_000_000

export function explorePart(part: 1 | 2): void {
  let world: TestWorld
  beforeAll(async () => {
    world = await startTestWorld()
  })
  afterAll(() => world.close())

  const seed = given === undefined ? 1 + (part - 1) * SEEDS_PER_PART : Number(given)
  const timeout = 600_000 + 5 * operationsMin
  it.skipIf(given !== undefined && part === 2)('answers random requests as the model does', { timeout }, async () => {
    process.stdout.write(`differential test: EVERYWRITE_DIFF_SEED=${seed}\n`)
    const { operations, failure } = await explore({ api: world.api, seed, operationsMin })
    if (failure !== undefined) expect.fail(failure.report)
    expect(operations).toBeGreaterThanOrEqual(operationsMin)
    expect(world.errors).toEqual([])
  })
}
