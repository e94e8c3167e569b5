import { expect, test } from 'vitest'
import type { IndexBlueprint } from '../engine/table.ts'
import { accepted, TestWorld, east, europe, users } from './test-world.contract.ts'

const index: IndexBlueprint = {
  name: 'by-v',
  kind: 'global',
  partition: [{ name: 'v', type: 'S' }],
  sort: [],
  projection: { kind: 'ALL' },
  throughput: undefined,
  onDemandMaximum: undefined,
}

test.each([[[east]], [[east, europe]]])('two changes of settings at one time both hold, of a table in %s', async (regions) => {
  const lab = await TestWorld.open()
  const [first = east, ...others] = regions
  await lab.createTable(first, ...others)
  const both = Promise.all([
    lab.world.changeSettings(first, users.name, ({ settings }) => ({ ...settings, indexes: [...settings.indexes, index] })),
    lab.world.changeSettings(others[0] ?? first, users.name, ({ settings }) => ({ ...settings, timeToLive: 'until' })),
  ])
  for (const view of await lab.time.resolve(both)) accepted(view)
  await lab.time.advance(20_000)
  for (const region of regions) {
    const table = (await lab.engine(region)).table(users.name)
    expect(table?.indexes).toMatchObject([{ name: 'by-v', status: 'ACTIVE' }])
    expect(table?.expiry).toMatchObject({ attribute: 'until', status: 'ENABLED' })
  }
})
