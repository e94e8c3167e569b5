import { fill } from './fill.ts'
import { call, runLoad } from './http-load.ts'
import { clearProgress, figures, progress, share } from './progress.ts'
import { puts } from './replication.ts'
import type { Server } from './server.ts'
import { makeTable, memoryMb, replicationOf, row, sampling } from './server.ts'

/** A large table: how fast it is scanned, and how fast a new replica of it is filled while it is written; and what memory the server takes for it. */
const name = 'large'
const count = Number(process.env['BENCH_ITEMS'] ?? 1_000_000)
let filledPerSecond: number | undefined

/** Once, whoever needs it first. */
async function filled(server: Server): Promise<number> {
  if (filledPerSecond !== undefined) return filledPerSecond
  await makeTable(server, name, ['us-east-1'])
  const note = 'x'.repeat(180)
  const began = performance.now()
  await fill(
    server.port,
    name,
    count,
    (index) => ({ pk: { S: `large-${index}` }, visits: { N: String(index) }, note: { S: note } }),
    (done) => progress(`filling a table of ${count} items, ${share(done, count)}`),
  )
  filledPerSecond = (count * 1000) / (performance.now() - began)
  clearProgress()
  return filledPerSecond
}

/** Page after page. */
export async function measureScan(server: Server): Promise<void> {
  const perSecond = await filled(server)
  const samplesMb = [memoryMb(server)]
  const began = performance.now()
  let scanned = 0
  let pages = 0
  let ExclusiveStartKey: unknown
  do {
    const page = (await call(server.port, 'Scan', { TableName: name, ExclusiveStartKey })) as { Count: number; LastEvaluatedKey?: unknown }
    scanned += page.Count
    pages++
    progress(`scan: ${share(scanned, count)}`)
    if (pages % 20 === 0) samplesMb.push(memoryMb(server))
    ExclusiveStartKey = page.LastEvaluatedKey
  } while (ExclusiveStartKey !== undefined)
  const seconds = (performance.now() - began) / 1000
  if (scanned < count) throw new Error(`the Scan found ${scanned} of ${count} items`)
  clearProgress()
  console.log('\nscan                      items   filled/s  scanned/s   pages   memory MB: before  at most')
  figures(
    row('page by page', [
      [count, 9],
      [perSecond, 11],
      [scanned / seconds, 11],
      [pages, 8],
      [samplesMb[0] ?? 0, 20],
      [Math.max(...samplesMb), 9],
    ]),
  )
}

/** The state transfer to a new replica, while 1,000 writes a second go on in the source. */
export async function measureBackfill(server: Server): Promise<void> {
  await filled(server)
  const before = memoryMb(server)
  const began = performance.now()
  await call(server.port, 'UpdateTable', { TableName: name, ReplicaUpdates: [{ Create: { RegionName: 'eu-west-1' } }] })
  const look = async () => {
    const replica = (await replicationOf(server, name)).replicas.find(({ region }) => region === 'eu-west-1')
    const { items = 0, itemsExpected = count } = replica?.filling ?? {}
    progress(`backfill: ${replica?.filling?.stage ?? 'done'}, ${share(items, itemsExpected ?? count)}`)
    return { active: replica?.status === 'ACTIVE', stage: replica?.filling?.stage, atMs: performance.now(), memory: memoryMb(server) }
  }
  const meanwhile = async () => {
    const loads = []
    const next = puts(name)
    // In short runs, so that the writes end with what they are measured beside.
    while (!(await look()).active)
      loads.push(await runLoad({ port: server.port, connections: 8, durationMs: 500, next, ratePerSecond: writesPerSecond }))
    return loads
  }
  const { result: loads, samples } = await sampling(look, 100, meanwhile())
  const activeMs = samples.find(({ active }) => active)?.atMs ?? performance.now()
  const copiedMs = samples.find(({ stage }) => stage === 'catching-up')?.atMs ?? activeMs
  clearProgress()
  console.log(
    '\nbackfill                  items   seconds   items/s  of it catching up s  writes/s meanwhile   p99 ms  memory MB: before  at most',
  )
  figures(
    row('of a new replica', [
      [count, 9],
      [(activeMs - began) / 1000, 10, 1],
      [(count * 1000) / (copiedMs - began), 10],
      [(activeMs - copiedMs) / 1000, 21, 1],
      [loads.reduce((sum, load) => sum + load.perSecond, 0) / Math.max(1, loads.length), 20],
      [Math.max(0, ...loads.map((load) => load.p99Ms)), 9, 1],
      [before, 19],
      [Math.max(...samples.map(({ memory }) => memory)), 9],
    ]),
  )
}

const writesPerSecond = 1000
