import { encodeRequest, runLoad } from './http-load.ts'
import { clearProgress, figures, progress } from './progress.ts'
import type { Server } from './server.ts'
import { makeTable, median, memoryMb, pendingFrom, replicationOf, row, sampling } from './server.ts'

/**
 * How fast a table with 2, 3 and 5 replicas can be written for a while, with 32 connections into one Region, and how far the others are behind; then
 * the same at 90 % and 50 % of that rate, where the lag is what replication itself takes: the links of the server that is measured have no
 * latency of their own.
 */
const regions = ['us-east-1', 'eu-west-1', 'us-west-2', 'eu-central-1', 'ap-northeast-1']

export async function measureReplication(server: Server): Promise<void> {
  const durationMs = Number(process.env['BENCH_REPLICATION_MS'] ?? 8_000)
  console.log(`\nreplication, ${durationMs / 1000} s each; lag: the median of what 1,024 changes in a row had as p50, p99, p99.9`)
  console.log('                      writes/s  p50 ms  p99 ms  lag p50  lag p99  lag p99.9  pending at most  memory MB: before  at most')
  for (const count of [2, 3, 5]) {
    const name = `replicated-${count}`
    const members = regions.slice(0, count)
    await makeTable(server, name, members)
    const next = puts(name)
    // Its items are there, and the code is warm, before anything is measured.
    await runLoad({ port: server.port, connections: 32, durationMs: durationMs / 3, next })
    const full = await phase(`${count} Regions, flat out`, undefined)
    await phase('  at 90 % of that', full * 0.9)
    await phase('  at 50 % of that', full * 0.5)

    async function phase(label: string, ratePerSecond: number | undefined): Promise<number> {
      const before = memoryMb(server)
      let looks = 0
      const look = async () => {
        progress(`replication, ${count} Regions: ${label.trim()}, ${Math.floor((looks++ * lookMs) / 1000)} of ${durationMs / 1000} s`)
        const state = await replicationOf(server, name)
        const links = state.links.filter((link) => link.from === members[0])
        const worst = (lag: (link: (typeof links)[number]) => number | null): number => Math.max(0, ...links.map((link) => lag(link) ?? 0))
        return {
          p50: worst((link) => link.lagP50Ms),
          p99: worst((link) => link.lagP99Ms),
          p999: worst((link) => link.lagP999Ms),
          pending: pendingFrom(state, members[0] ?? '') ?? 0,
          memory: memoryMb(server),
        }
      }
      const rate = ratePerSecond === undefined ? {} : { ratePerSecond }
      const load = runLoad({ port: server.port, connections: 32, durationMs, next, ...rate })
      const { result, samples } = await sampling(look, lookMs, load)
      // The first looks still see the changes of the phase before.
      const seen = samples.slice(2)
      figures(
        row(label, [
          [result.perSecond, 8],
          [result.p50Ms, 8, 1],
          [result.p99Ms, 8, 1],
          [median(seen.map((each) => each.p50)), 9, 1],
          [median(seen.map((each) => each.p99)), 9, 1],
          [median(seen.map((each) => each.p999)), 11, 1],
          [Math.max(...samples.map((each) => each.pending)), 17],
          [before, 19],
          [Math.max(...samples.map((each) => each.memory)), 9],
        ]),
      )
      return result.perSecond
    }
  }
  clearProgress()
}

/** Requests that put items of about 250 bytes, made beforehand. */
export function puts(table: string, keys = 10_000, region?: string): () => Buffer {
  const text = 'x'.repeat(180)
  let turn = 0
  const requests = Array.from({ length: keys }, (_, index) =>
    encodeRequest(
      'PutItem',
      { TableName: table, Item: { pk: { S: `item-${index}` }, visits: { N: String(index) }, note: { S: text } } },
      region,
    ),
  )
  return () => requests[turn++ % requests.length] ?? Buffer.alloc(0)
}

const lookMs = 250
