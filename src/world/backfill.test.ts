import { expect, test } from 'vitest'
import type { Message, Transport } from '../replication/messages.ts'
import { pagesAheadMax } from '../replication/state-transfer.ts'
import { accepted, east, europe, TestWorld, users } from './test-world.contract.ts'

/** A replica that is filled while its source is written: what is on its way is a page, what is seen of it grows, and in the end nothing is missing. */

const itemsBefore = 20_000

/** Notes the requests and pages of state transfers on their way. */
function watching(plain: Transport, log: Message[]): Transport {
  return {
    send(to, message) {
      if (message.kind.startsWith('seed-')) log.push(message)
      return plain.send(to, message)
    },
  }
}

async function fillSource(lab: TestWorld): Promise<void> {
  accepted(await lab.time.resolve(lab.world.createTable(east, users)))
  for (let n = 0; n < itemsBefore; n += 500) {
    const puts = Array.from({ length: 500 }, (_, at) => lab.beginPut(east, `k${n + at}`, `v${n + at}`))
    await lab.time.resolve(Promise.all(puts))
  }
}

const progressIn = (lab: TestWorld, region: string) => {
  const [table] = lab.world.globalTables()
  return lab.world.region(region)?.running?.replication.replica(table?.globalId ?? '')?.seedProgress
}

test('pages come ahead, few at a time and within their limit, the count grows to what the source had, and writes meanwhile are there too', async () => {
  const sent: Message[] = []
  const lab = await TestWorld.open({ decorate: (plain) => watching(plain, sent), profile: () => 100 })
  await fillSource(lab)
  accepted(await lab.beginAdd(east, europe))
  const seen: number[] = []
  let written = 0
  while (lab.status(europe) !== 'ACTIVE') {
    const put = lab.put(east, `k${(written * 7) % itemsBefore}`, `meanwhile-${written}`)
    await put
    await lab.put(east, `new${written}`, 'x')
    written++
    await lab.time.advance(50)
    const progress = progressIn(lab, europe)
    if (progress?.itemsExpected === undefined) continue
    seen.push(progress.items)
    // What was written before the snapshot may be among them.
    expect(progress.itemsExpected).toBeGreaterThanOrEqual(itemsBefore)
    expect(progress.itemsExpected).toBeLessThanOrEqual(itemsBefore + written)
    expect(progress.items).toBeLessThanOrEqual(progress.itemsExpected)
  }
  await lab.settled()
  await lab.time.advance(5_000)

  expect(new Set(seen).size).toBeGreaterThan(3)
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  expect(seen.at(-1)).toBe(progressIn(lab, europe)?.itemsExpected)
  expect(sent.filter(({ kind }) => kind === 'seed-page').length).toBeGreaterThanOrEqual(20)
  // They are asked for while earlier ones are still being written, and never are more on their way than may wait there.
  let onTheWay = 0
  for (const message of sent) {
    if (message.kind === 'seed-request') onTheWay += message.pages
    if (message.kind === 'seed-page') onTheWay--
    expect(onTheWay).toBeLessThanOrEqual(pagesAheadMax)
  }
  for (const message of sent) {
    if (message.kind !== 'seed-page') continue
    expect(message.cells.length).toBeLessThanOrEqual(1000)
    expect(message.cells.reduce((sum, { cell }) => sum + cell.length, 0)).toBeLessThan((1 << 20) + 400 * 1024)
  }

  expect(written).toBeGreaterThan(10)
  expect(await lab.converged()).toBe(true)
  expect(await lab.get(europe, `new${written - 1}`)).toBe('x')
  const engine = await lab.engine(europe)
  const table = engine.table('users')
  expect(table && (await lab.time.resolve(engine.statistics(table))).itemCount).toBe(itemsBefore + written)
})

test('a source that crashes in the middle lets the transfer begin anew, and what is seen of it too', async () => {
  const lab = await TestWorld.open({ profile: () => 100 })
  await fillSource(lab)
  accepted(await lab.beginAdd(east, europe))
  while ((progressIn(lab, europe)?.items ?? 0) < 2_000) await lab.time.advance(50)
  await lab.break({ kind: 'crash', region: east })
  const seen: number[] = []
  while (lab.status(europe) !== 'ACTIVE') {
    await lab.time.advance(50)
    seen.push(progressIn(lab, europe)?.items ?? 0)
  }
  expect(Math.min(...seen)).toBe(0)
  expect(seen.at(-1)).toBe(itemsBefore)
  await lab.settled()
  await lab.time.advance(5_000)
  expect(await lab.converged()).toBe(true)
})
