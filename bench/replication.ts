import { call, encodeRequest, runLoad } from './http-load.ts'

/**
 * How fast three replicas can be written for a while: writes per second into one Region with 32 connections, and what the
 * others lag behind, as the server reports it; then the same at half that rate, where the lag is what replication itself takes.
 */
export async function measureReplication(port: number, durationMs: number): Promise<void> {
  const name = 'replicated'
  await call(port, 'CreateTable', {
    TableName: name,
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  })
  for (const region of ['eu-west-1', 'us-west-2']) {
    await call(port, 'UpdateTable', { TableName: name, ReplicaUpdates: [{ Create: { RegionName: region } }] })
    await allActive(port, name)
  }
  const text = 'x'.repeat(180)
  let turn = 0
  const requests = Array.from({ length: 10_000 }, (_, index) =>
    encodeRequest('PutItem', { TableName: name, Item: { pk: { S: `item-${index}` }, visits: { N: String(index) }, note: { S: text } } }),
  )
  const next = (): Buffer => requests[turn++ % requests.length] ?? Buffer.alloc(0)

  console.log('\nreplication           writes/s   p50 ms   p99 ms   lag p50   lag p99   pending at most   rss MB')
  const full = await phase('as fast as it goes', undefined)
  await phase('at half that rate', full / 2)

  async function phase(label: string, ratePerSecond: number | undefined): Promise<number> {
    const samples: Sample[] = []
    let over = false
    const sampling = (async () => {
      while (!over) {
        samples.push(await sample(port, name))
        await new Promise((resolve) => setTimeout(resolve, 500))
      }
    })()
    const result = await runLoad({ port, connections: 32, durationMs, next, ...(ratePerSecond === undefined ? {} : { ratePerSecond }) })
    over = true
    await sampling
    const worst = (pick: (sample: Sample) => number): number => Math.max(...samples.slice(1).map(pick))
    const middle = (pick: (sample: Sample) => number): number =>
      samples.map(pick).sort((a, b) => a - b)[Math.floor(samples.length / 2)] ?? 0
    const cells = [result.p50Ms, result.p99Ms, middle((each) => each.lagP50Ms), middle((each) => each.lagP99Ms)].map((value) =>
      value.toFixed(1).padStart(8),
    )
    console.log(
      `${label.padEnd(20)} ${result.perSecond.toFixed(0).padStart(9)} ${cells.join(' ')} ${String(worst((each) => each.pending)).padStart(14)} ${worst(
        (each) => each.rssMb,
      )
        .toFixed(0)
        .padStart(12)}`,
    )
    return result.perSecond
  }
}

interface Sample {
  readonly lagP50Ms: number
  readonly lagP99Ms: number
  readonly pending: number
  readonly rssMb: number
}

async function sample(port: number, table: string): Promise<Sample> {
  const answer = (await (await fetch(`http://127.0.0.1:${port}/_everywrite/replication`)).json()) as {
    tables: readonly { table: string; links: readonly Link[] }[]
  }
  const links = answer.tables
    .filter((each) => each.table === table)
    .flatMap((each) => each.links.filter((link) => link.from === 'us-east-1'))
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return {
    lagP50Ms: Math.max(0, ...links.map((link) => link.lagP50Ms ?? 0)),
    lagP99Ms: Math.max(0, ...links.map((link) => link.lagP99Ms ?? 0)),
    pending: Math.max(0, ...links.map((link) => link.pending ?? 0)),
    rssMb: Number(/^everywrite_resident_memory_bytes (\S+)/m.exec(metrics)?.[1] ?? 0) / 1_000_000,
  }
}

interface Link {
  readonly from: string
  readonly to: string
  readonly pending: number | null
  readonly lagP50Ms: number | null
  readonly lagP99Ms: number | null
}

async function allActive(port: number, table: string): Promise<void> {
  for (;;) {
    const { Table } = (await call(port, 'DescribeTable', { TableName: table })) as {
      Table: { Replicas?: readonly { ReplicaStatus: string }[] }
    }
    if (Table.Replicas?.every((replica) => replica.ReplicaStatus === 'ACTIVE') === true) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
