import { expect, test } from 'vitest'
import { TestWorld, accepted, east, west } from './test-world.contract.ts'

// Wherever the Region crashes, also between the end of the filling and the durable change of the table's status.
test('REP-32: a replica of an empty table that crashes while it is made replicates afterwards', { timeout: 30_000 }, async () => {
  for (let afterMs = 0; afterMs < 1500; afterMs++) {
    const lab = await TestWorld.open({ seed: 5 })
    await lab.createTable(east)
    accepted(await lab.beginAdd(east, west))
    await lab.time.advance(afterMs)
    const before = lab.status(west)
    await lab.break({ kind: 'crash', region: west })
    await lab.settled()
    await lab.put(east, 'k', 'v')
    await lab.time.advance(10_000)
    expect([afterMs, await lab.get(west, 'k')]).toEqual([afterMs, 'v'])
    if (before === 'ACTIVE') return
  }
  expect.fail('the replica was never made without a crash')
})
