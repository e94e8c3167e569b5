import { fill } from './fill.ts'
import { runLoad } from './http-load.ts'
import { clearProgress, figures, progress, share } from './progress.ts'
import { puts } from './replication.ts'
import type { Server } from './server.ts'
import { heal, makeTable, memoryMb, partition, pendingFrom, replicationOf, row, until } from './server.ts'

/**
 * How fast a Region catches up after a partition of ten minutes: what 500 writes a second would have left behind in that time (300,000 items of about
 * 250 bytes, each once) is written while the link is cut, faster than it would have been; then the link is healed, and 500 writes a second go on.
 */
const perSecond = 500
const minutes = 10

export async function measureCatchUp(server: Server): Promise<void> {
  const name = 'parted'
  const [home, away] = ['us-east-1', 'eu-west-1'] as const
  const count = Number(process.env['BENCH_HELD_BACK'] ?? perSecond * 60 * minutes)
  await makeTable(server, name, [home, away])
  await partition(server, home, away)
  const note = 'x'.repeat(180)
  await fill(
    server.port,
    name,
    count,
    (index) => ({ pk: { S: `held-${index}` }, visits: { N: String(index) }, note: { S: note } }),
    (done) => progress(`catch-up: writing what a partition holds back, ${share(done, count)}`),
  )
  const before = memoryMb(server)
  let atMost = before
  const began = performance.now()
  let over = false
  const goingOn = (async () => {
    const latencies = []
    while (!over)
      latencies.push(
        await runLoad({ port: server.port, connections: 8, durationMs: 1000, next: puts(name, 1000), ratePerSecond: perSecond }),
      )
    return latencies
  })()
  await heal(server)
  await until(async () => {
    const pending = pendingFrom(await replicationOf(server, name), home)
    atMost = Math.max(atMost, memoryMb(server))
    if (pending !== undefined) progress(`catch-up: ${share(count - pending, count)} has arrived`)
    return pending !== undefined && pending <= perSecond / 10
  }, 100)
  const seconds = (performance.now() - began) / 1000
  over = true
  const loads = await goingOn
  clearProgress()
  console.log('\ncatch-up                held back  seconds  changes/s  writes/s meanwhile  p99 ms  memory MB: before  at most')
  figures(
    row(`after ${Math.round(count / perSecond / 60)} min at ${perSecond}/s`, [
      [count, 11],
      [seconds, 9, 1],
      [count / seconds, 11],
      [loads.reduce((sum, load) => sum + load.perSecond, 0) / loads.length, 20],
      [Math.max(...loads.map((load) => load.p99Ms)), 8, 1],
      [before, 19],
      [atMost, 9],
    ]),
  )
}
