import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { OperationName } from '../../src/api/service-model.ts'
import { inputShapes, streamInputShapes } from '../../src/api/service-model.ts'
import { operations } from '../../src/api/operations/registry.ts'
import { fuzz, seed, TEST_MS_MAX } from './fuzz.ts'
import type { FuzzedWorld } from './fuzzed-world.ts'
import { liveBytes, openFuzzedWorld } from './fuzzed-world.ts'
import { inputOf } from './operation-inputs.ts'

/**
 * Every operation, with inputs made from the service model and then spoiled: each must get an answer, and none may be DynamoDB's confession
 * of a mistake of its own.
 */
interface Call {
  readonly operation: OperationName
  readonly input: unknown
}

const names = Object.keys({ ...inputShapes, ...streamInputShapes }) as OperationName[]
const there = names.filter((name) => operations[name] !== undefined)
const call = fc.constantFrom(...there).chain((operation) => inputOf(operation).map((input): Call => ({ operation, input })))

let world: FuzzedWorld
beforeAll(async () => {
  world = await openFuzzedWorld()
})
afterAll(() => world.close())

async function answered({ operation, input }: Call): Promise<void> {
  const { status, body } = await world.call(operation, structuredClone(input))
  if (world.errors.length > 0) throw new Error(world.errors.splice(0).join('\n'))
  // DynamoDB answers so to ListGlobalTables with a Region that there is not.
  if (status === 500 && operation === 'ListGlobalTables') return
  expect(status === 200 || status === 400, `${status} ${JSON.stringify(body)}`).toBe(true)
  if (status === 400)
    expect(body).toMatchObject({ __type: expect.stringMatching(/^com\.amazon(aws)?\.[a-z0-9.]+#[A-Z][A-Za-z]+$/) as string })
}

const title = 'every operation answers whatever it is sent'

it(title, { timeout: TEST_MS_MAX }, async () => {
  const calls = await fuzz({
    title,
    file: 'operations.test.ts',
    share: 0.4,
    cases: fc.array(call, { minLength: 1, maxLength: 12 }),
    check: async (sequence) => {
      await world.makeTables()
      for (const each of sequence) await answered(each)
    },
  })
  expect(calls).toBeGreaterThan(0)
})

it('nothing is kept of what was refused or undone', { timeout: TEST_MS_MAX }, async () => {
  const round = async (number: number): Promise<number> => {
    await world.makeTables()
    for (const each of fc.sample(call, { seed: seed + number, numRuns: 300 })) await answered(each)
    await world.dropTables()
    return liveBytes()
  }
  // Caches fill, and code is compiled.
  for (let number = 0; number < 3; number++) await round(number)
  const before = await round(3)
  for (let number = 4; number < 6; number++) await round(number)
  const after = await round(6)
  expect(after - before).toBeLessThan(6 * 1024 * 1024)
})
