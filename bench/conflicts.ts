import type { LoadResult } from './http-load.ts'
import { encodeRequest, runLoad } from './http-load.ts'
import { clearProgress, figures, progress } from './progress.ts'
import type { Server } from './server.ts'
import { heal, makeTable, median, partition, pendingFrom, replicationOf, row, until } from './server.ts'

/**
 * What an item in conflict costs, that is one whose cell holds a version of each Region that wrote it without having seen the others: reads of it,
 * and the one write that ends it, beside those of an item that nobody wrote elsewhere.
 */
const regions = ['us-east-1', 'eu-west-1', 'us-west-2', 'eu-central-1', 'ap-northeast-1']
const connections = 32

export async function measureConflicts(server: Server): Promise<void> {
  const name = 'contested'
  const items = Number(process.env['BENCH_CONFLICTS'] ?? 10_000)
  await makeTable(server, name, regions)
  for (const [at, one] of regions.entries()) for (const other of regions.slice(at + 1)) await partition(server, one, other)
  for (const siblings of kinds) {
    for (const region of regions.slice(0, siblings)) {
      progress(`conflicts: ${items} items are written in ${region}, for ${siblings} versions each`)
      await runLoad({
        port: server.port,
        connections,
        durationMs: Infinity,
        requestsMax: items,
        next: writes(name, siblings, items, region),
      })
    }
  }
  await heal(server)
  await until(async () => {
    const state = await replicationOf(server, name)
    return regions.every((region) => pendingFrom(state, region) === 0)
  })
  clearProgress()
  console.log('\nan item with       versions  reads/s  p50 ms  p99 ms   ratio  writes/s  p50 ms  p99 ms   ratio')
  const measured = new Map(kinds.map((siblings) => [siblings, { reads: [] as LoadResult[], writes: [] as LoadResult[] }]))
  const run = (requestsMax: number, next: () => Buffer): Promise<LoadResult> =>
    runLoad({ port: server.port, connections, durationMs: Infinity, requestsMax, next })
  await run(items, reads(name, 1, items))
  for (let round = 0; round < rounds; round++) {
    for (const [siblings, results] of measured) {
      progress(`conflicts: items with ${siblings} versions, round ${round + 1} of ${rounds}`)
      results.reads.push(await run(items * 2, reads(name, siblings, items)))
    }
  }
  // Each once, so each round other ones: the write that saw all versions leaves one.
  const chunk = Math.floor(items / rounds)
  for (let round = 0; round < rounds; round++) {
    for (const [siblings, results] of measured) {
      results.writes.push(await run(chunk, writes(name, siblings, items, 'us-east-1', round * chunk)))
    }
  }
  const middle = (of: readonly LoadResult[], pick: (result: LoadResult) => number): number => median(of.map(pick))
  const perSecond = (of: readonly LoadResult[]): number => middle(of, (result) => result.perSecond)
  const plain = measured.get(1) ?? { reads: [], writes: [] }
  for (const [siblings, { reads: ofReads, writes: ofWrites }] of measured) {
    figures(
      row(siblings === 1 ? 'no conflict' : 'a conflict', [
        [siblings, 5],
        [perSecond(ofReads), 9],
        [middle(ofReads, (result) => result.p50Ms), 8, 2],
        [middle(ofReads, (result) => result.p99Ms), 8, 2],
        [perSecond(ofReads) / perSecond(plain.reads), 8, 2],
        [perSecond(ofWrites), 10],
        [middle(ofWrites, (result) => result.p50Ms), 8, 2],
        [middle(ofWrites, (result) => result.p99Ms), 8, 2],
        [perSecond(ofWrites) / perSecond(plain.writes), 8, 2],
      ]),
    )
  }
}

/** Versions in a cell. */
const kinds = [1, 2, 5]
const rounds = 3

function writes(table: string, siblings: number, items: number, region: string, first = 0): () => Buffer {
  const note = region.padEnd(180, 'x')
  let turn = first
  return () => {
    const Item = { pk: { S: `${siblings}-${turn++ % items}` }, visits: { N: String(turn) }, note: { S: note } }
    return encodeRequest('PutItem', { TableName: table, Item }, region)
  }
}

function reads(table: string, siblings: number, items: number): () => Buffer {
  let turn = 0
  return () => encodeRequest('GetItem', { TableName: table, Key: { pk: { S: `${siblings}-${turn++ % items}` } }, ConsistentRead: true })
}
