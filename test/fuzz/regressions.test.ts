import { afterAll, beforeAll, expect, it } from 'vitest'
import type { FuzzedWorld } from './fuzzed-world.ts'
import { openFuzzedWorld } from './fuzzed-world.ts'

/** What the tests of this folder have found, each by name. */
let world: FuzzedWorld
beforeAll(async () => {
  world = await openFuzzedWorld()
  await world.makeTables()
})
afterAll(() => world.close())

it('bounds of BETWEEN that are maps are refused, however they were written', async () => {
  const bounds = { ':low': { M: { a: { N: '01' } } }, ':high': { L: [{ SS: ['a', 'b'] }] } }
  const scan = await world.call('Scan', {
    TableName: 'tab0',
    FilterExpression: 'a BETWEEN :low AND :high',
    ExpressionAttributeValues: bounds,
  })
  expect(scan).toMatchObject({ status: 400, body: { message: expect.stringMatching(/^Invalid FilterExpression: /) as string } })
  const statement = await world.call('ExecuteStatement', { Statement: `DELETE FROM "tab0" WHERE pk BETWEEN {} AND 'a'` })
  expect(statement.status).toBe(400)
  expect(world.errors).toEqual([])
})
