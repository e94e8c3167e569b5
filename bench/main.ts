import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fill } from './fill.ts'
import { call, encodeRequest, runLoad } from './http-load.ts'
import type { LoadResult } from './http-load.ts'
import { measureCatchUp } from './catch-up.ts'
import { measureConflicts } from './conflicts.ts'
import { measureBackfill, measureScan } from './large-table.ts'
import { clearProgress, progress } from './progress.ts'
import { measureReplication } from './replication.ts'
import type { Server } from './server.ts'

/**
 * Requests per second of everywrite (durable, in a folder of its own) beside a bare node:http server that parses the same bodies and
 * answers as many bytes. Both are measured in turn within one run, several rounds each, and what counts is the ratio: machines
 * differ and are shared, a ratio taken in one run stays.
 *
 * `npm run bench -- PutItem replication` measures these only: operations by their names, and the sections below by theirs.
 */
const rounds = 3
const roundMs = Number(process.env['BENCH_ROUND_MS'] ?? 2500)
const items = 10_000
const only = process.argv.slice(2)
const sections: Readonly<Record<string, (server: Server) => Promise<void>>> = {
  replication: measureReplication,
  'catch-up': measureCatchUp,
  conflicts: measureConflicts,
  scan: measureScan,
  backfill: measureBackfill,
}
const wanted = (name: string): boolean => only.length === 0 || only.includes(name)
const text = 'x'.repeat(180)

const folder = mkdtempSync(join(tmpdir(), 'everywrite-bench-'))
const everywritePort = await freePort()
const children: ChildProcess[] = []
try {
  const everywrite = start(process.execPath, [...startArguments(), '--port', String(everywritePort), '--data', folder])
  const bare = start(process.execPath, ['--import', 'tsx', 'bench/bare-server.ts'])
  const [printed] = (await once(bare.stdout ?? bare, 'data')) as [Buffer]
  const barePort = Number(/port (\d+)/.exec(printed.toString())?.[1])
  await healthy(everywritePort, everywrite)
  console.log(
    `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
  )
  const operations = Object.entries(workloads()).filter(([name]) => wanted(name))
  const unknown = only.find((name) => !Object.hasOwn(sections, name) && !operations.some(([operation]) => operation === name))
  if (unknown !== undefined) {
    throw new Error(`there is no ${unknown}; there are ${[...Object.keys(workloads()), ...Object.keys(sections)].join(', ')}`)
  }
  if (operations.length > 0) {
    await prepare()
    console.log(`${rounds} rounds of ${roundMs} ms each, everywrite and the bare server in turn; medians\n`)
    console.log('operation            conns   everywrite/s    p50 ms   p99 ms      bare/s   ratio')
  }
  for (const [name, next] of operations) for (const connections of [1, 32]) await compare(name, next, connections, barePort)
  const server: Server = { port: everywritePort, pid: everywrite.pid }
  for (const [name, measure] of Object.entries(sections)) if (wanted(name)) await measure(server)
} finally {
  for (const child of children) child.kill()
  rmSync(folder, { recursive: true, force: true })
}

async function compare(name: string, next: () => Buffer, connections: number, barePort: number): Promise<void> {
  const ours: LoadResult[] = []
  const theirs: LoadResult[] = []
  await runLoad({ port: everywritePort, connections, durationMs: roundMs / 4, next })
  for (let round = 0; round < rounds; round++) {
    progress(`${name}, ${connections} connections: round ${round + 1} of ${rounds}`)
    const measured = await runLoad({ port: everywritePort, connections, durationMs: roundMs, next })
    ours.push(measured)
    const nextBare = (): Buffer => withAnswerSize(next(), measured.answerBytes)
    theirs.push(await runLoad({ port: barePort, connections, durationMs: roundMs, next: nextBare }))
  }
  const rate = median(ours.map((each) => each.perSecond))
  const bareRate = median(theirs.map((each) => each.perSecond))
  clearProgress()
  const cells = [
    rate.toFixed(0).padStart(14),
    number(median(ours.map((each) => each.p50Ms))),
    number(median(ours.map((each) => each.p99Ms))),
  ]
  console.log(
    `${name.padEnd(20)} ${String(connections).padStart(5)} ${cells.join(' ')} ${bareRate.toFixed(0).padStart(11)} ${(rate / bareRate).toFixed(2).padStart(7)}`,
  )
}

function workloads(): Record<string, () => Buffer> {
  let turn = 0
  const key = (): string => `item-${turn++ % items}`
  const cached = (count: number, make: (index: number) => Buffer): (() => Buffer) => {
    const requests = Array.from({ length: count }, (_, index) => make(index))
    return () => requests[turn++ % count] ?? make(0)
  }
  return {
    GetItem: cached(items, () => encodeRequest('GetItem', { TableName: 'bench', Key: { pk: { S: key() } }, ConsistentRead: true })),
    PutItem: cached(items, (index) => encodeRequest('PutItem', { TableName: 'bench', Item: itemOf(key(), index) })),
    UpdateItem: cached(items, () =>
      encodeRequest('UpdateItem', {
        TableName: 'bench',
        Key: { pk: { S: key() } },
        UpdateExpression: 'SET visits = visits + :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
      }),
    ),
    'Transaction of 4': cached(items / 4, (index) =>
      encodeRequest('TransactWriteItems', {
        TransactItems: Array.from({ length: 4 }, () => ({ Put: { TableName: 'bench', Item: itemOf(key(), index) } })),
      }),
    ),
    'Query of an index': cached(items / 100, (index) =>
      encodeRequest('Query', {
        TableName: 'orders',
        IndexName: 'by-customer',
        KeyConditionExpression: 'customer = :customer',
        ExpressionAttributeValues: { ':customer': { S: `customer-${index}` } },
      }),
    ),
    'Query of 20 items': cached(items / 100, (index) =>
      encodeRequest('Query', {
        TableName: 'orders',
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: `customer-${index}` } },
      }),
    ),
  }
}

async function prepare(): Promise<void> {
  const pk = { AttributeName: 'pk', AttributeType: 'S' }
  const sk = { AttributeName: 'sk', AttributeType: 'S' }
  const hash = { AttributeName: 'pk', KeyType: 'HASH' }
  const range = { AttributeName: 'sk', KeyType: 'RANGE' }
  const customer = { AttributeName: 'customer', AttributeType: 'S' }
  const byCustomer = {
    IndexName: 'by-customer',
    KeySchema: [{ AttributeName: 'customer', KeyType: 'HASH' }, range],
    Projection: { ProjectionType: 'ALL' },
  }
  const create = (TableName: string, AttributeDefinitions: unknown[], KeySchema: unknown[], indexes?: unknown[]): Promise<unknown> =>
    call(everywritePort, 'CreateTable', {
      TableName,
      AttributeDefinitions,
      KeySchema,
      GlobalSecondaryIndexes: indexes,
      BillingMode: 'PAY_PER_REQUEST',
    })
  await create('bench', [pk], [hash])
  await create('orders', [pk, sk, customer], [hash, range], [byCustomer])
  await fill(everywritePort, 'bench', items, (index) => itemOf(`item-${index}`, index))
  await fill(everywritePort, 'orders', (items / 100) * 20, (index) => ({
    ...itemOf(`customer-${Math.floor(index / 20)}`, index),
    sk: { S: `order-${String(index % 20).padStart(3, '0')}` },
    customer: { S: `customer-${Math.floor(index / 20)}` },
  }))
}

/** About 250 bytes by DynamoDB's rules. */
function itemOf(pk: string, visits: number): Record<string, unknown> {
  return { pk: { S: pk }, visits: { N: String(visits) }, email: { S: 'somebody@example.com' }, active: { BOOL: true }, note: { S: text } }
}

function withAnswerSize(request: Buffer, answerBytes: number): Buffer {
  const at = request.indexOf('content-length')
  return Buffer.concat([request.subarray(0, at), Buffer.from(`x-answer-bytes: ${answerBytes}\r\n`), request.subarray(at)])
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function number(value: number): string {
  return value.toFixed(2).padStart(8)
}

/** The way `npm start` starts it. */
function startArguments(): string[] {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly scripts: { readonly start: string } }
  return scripts.start.split(' ').slice(1)
}

function start(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  return child
}

async function healthy(port: number, child: ChildProcess): Promise<void> {
  child.stdout?.resume()
  for (;;) {
    if (child.exitCode !== null) throw new Error('everywrite did not start')
    try {
      const response = await fetch(`http://127.0.0.1:${port}/_everywrite/health`)
      if (response.ok) return
    } catch {
      // It is not listening yet.
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address !== 'object') throw new Error('no port')
  return address.port
}
