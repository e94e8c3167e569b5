import { afterAll, beforeAll, expect, it } from 'vitest'
import type { TestWorld } from '../../src/api/test-world.contract.ts'
import { startTestWorld } from '../../src/api/test-world.contract.ts'
import { explore } from './explore.ts'

/**
 * Random requests to the product and to a small model of DynamoDB; both must answer the same. `EVERYWRITE_DIFF_SEED` replays a run from
 * its seed on, `EVERYWRITE_DIFF_OPERATIONS` makes a run longer or shorter.
 */
const seed = Number(process.env['EVERYWRITE_DIFF_SEED'] ?? 1)
const operationsMin = Number(process.env['EVERYWRITE_DIFF_OPERATIONS'] ?? 3_000)

let world: TestWorld
beforeAll(async () => {
  world = await startTestWorld()
})
afterAll(() => world.close())

it('answers random requests as the model does', { timeout: 600_000 }, async () => {
  process.stdout.write(`differential test: EVERYWRITE_DIFF_SEED=${seed}\n`)
  const { operations, failure } = await explore({ api: world.api, seed, operationsMin })
  if (failure !== undefined) expect.fail(failure.report)
  expect(operations).toBeGreaterThanOrEqual(operationsMin)
  expect(world.errors).toEqual([])
})
