import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BatchWriteItemCommand, CreateTableCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FaultBody, FaultsReply, ReplicationReply, StartedScheduleReply } from '../src/admin/wire.ts'
import { everywrite } from './command.ts'
import { clientIn } from './global-table.ts'
import type { Program } from './program.ts'
import { startProgram } from './program.ts'

let program: Program
beforeAll(async () => {
  program = await startProgram(['--memory', '--regions', 'us-east-1,eu-west-1'])
})
afterAll(() => program.stop())

test('the demo ends with code 0: both losers in the ledger, the replicas equal', async () => {
  const { code, stdout, stderr } = await everywrite('demo')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/lost {2}us-east-1 .* email = new@email\.com/)
  expect(stdout).toMatch(/lost {2}us-west-2 .* email = different@email\.com/)
  expect(stdout).toMatch(/in truth .*: the timestamp is 2\d{3} ms ahead/)
})

test('the demo tells programs the same as JSON', async () => {
  const { code, stdout } = await everywrite('demo', '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    passed: true,
    scenes: [
      { scene: 'partition', converged: true, expectedLoserInLedger: true },
      { scene: 'clock-skew', converged: true, expectedLoserInLedger: true },
    ],
  })
})

test('faults are injected, listed and healed by the command line', async () => {
  const at = ['--endpoint', program.url]
  const faults = [
    ['partition', 'us-east-1', 'eu-west-1'],
    ['pause', 'us-east-1'],
    ['latency', 'us-east-1', 'eu-west-1', '100', '--jitter', '10'],
    ['skew', 'us-east-1', '-2000', '--drift', '5'],
    ['outage', 'eu-west-1', '--duration', '600000'],
    ['crash', 'us-east-1', '--duration', '600000'],
    ['throttle', 'us-east-1', '--table', 'users', '--operation', 'PutItem', '--rate', '0.5'],
    ['error', 'eu-west-1', '--applied'],
    ['slow', 'eu-west-1', '20', '300'],
    ['index-lag', 'eu-west-1', '2000', '--table', 'users', '--index', 'by-mail'],
    ['stale', 'us-east-1', '0', '--jitter', '800', '--rate', '0.3', '--seed', '7'],
  ]
  for (const fault of faults) expect(await everywrite('fault', ...fault, ...at)).toMatchObject({ code: 0, stderr: '' })
  const { faults: listed } = JSON.parse((await everywrite('fault', 'list', '--json', ...at)).stdout) as FaultsReply
  expect(listed.map(({ id: _id, since: _since, ...body }) => body)).toEqual([
    { kind: 'partition', between: ['us-east-1', 'eu-west-1'] },
    { kind: 'pause', region: 'us-east-1' },
    { kind: 'latency', from: 'us-east-1', to: 'eu-west-1', ms: 100, jitterMs: 10 },
    { kind: 'skew', region: 'us-east-1', ms: -2000, driftPpm: 5 },
    { kind: 'outage', region: 'eu-west-1', durationMs: 600000 },
    { kind: 'crash', region: 'us-east-1', durationMs: 600000 },
    { kind: 'throttle', region: 'us-east-1', table: 'users', operation: 'PutItem', rate: 0.5 },
    { kind: 'error', region: 'eu-west-1', rate: 1, applied: true },
    { kind: 'slow', region: 'eu-west-1', rate: 1, p50Ms: 20, p99Ms: 300 },
    { kind: 'index-lag', region: 'eu-west-1', table: 'users', index: 'by-mail', ms: 2000 },
    { kind: 'stale', region: 'us-east-1', ms: 0, jitterMs: 800, rate: 0.3, seed: 7 },
  ])
  const [first] = listed
  expect((await everywrite('fault', 'heal', first?.id ?? '', ...at)).stdout).toBe('Healed 1 fault.\n')
  expect(await everywrite('fault', 'heal', first?.id ?? '', ...at)).toMatchObject({ code: 1 })
  expect((await everywrite('fault', 'heal', ...at)).stdout).toBe('Healed 10 faults.\n')
  expect((await everywrite('fault', 'list', ...at)).stdout).toBe('Nothing is broken.\n')
})

test('the timeline of faults in docs/faults.md runs and is stopped by the command line', async () => {
  const at = ['--endpoint', program.url]
  const yaml = /^```yaml file=storm.yaml\n([\s\S]*?)^```$/m.exec(readFileSync(new URL('../docs/faults.md', import.meta.url), 'utf8'))?.[1]
  const file = join(mkdtempSync(join(tmpdir(), 'everywrite-storm-')), 'storm.yaml')
  writeFileSync(file, (yaml ?? '').replace('us-west-2', 'us-east-1'))
  const { id, timeline } = JSON.parse((await everywrite('fault', 'run', file, '--json', ...at)).stdout) as StartedScheduleReply
  expect(timeline).toHaveLength(6)
  expect(timeline[0]).toEqual({ atMs: 5000, fault: { kind: 'partition', between: ['us-east-1', 'eu-west-1'], durationMs: 30_000 } })
  expect((await everywrite('fault', 'list', ...at)).stdout).toContain(`Schedule ${id} runs; 6 faults are still to come.`)
  expect(await everywrite('fault', 'stop', id, ...at)).toMatchObject({ code: 0 })
  expect(await everywrite('fault', 'stop', id, ...at)).toMatchObject({ code: 1 })
  writeFileSync(file, 'steps: [{ at: soon, fault: { kind: pause, region: us-east-1 } }]')
  const wrong = await everywrite('fault', 'run', file, ...at)
  expect(wrong).toMatchObject({ code: 1 })
  expect(wrong.stderr).toContain('steps[0].at must be a duration up to a week')
})

for (const [what, args, code, part] of [
  ['an unknown command', ['frob'], 2, 'no command frob'],
  ['an unknown option', ['verify', '--frob'], 2, '--frob'],
  ['an option without its value', ['start', '--port', '-1'], 2, '--port'],
  ['a fault with too few arguments', ['fault', 'partition', 'us-east-1'], 2, '2 arguments'],
  ['a number that is none', ['fault', 'skew', 'us-east-1', 'soon'], 2, 'soon'],
  ['a seed that is missing', ['sim'], 2, '--seed'],
  ['a Region that there is not', ['start', '--regions', 'mars-north-1'], 1, 'mars-north-1'],
  ['a profile that there is not', ['start', '--profile', 'slow'], 1, 'slow'],
  ['a config file that there is not', ['start', '--config', '/nowhere.json'], 1, '/nowhere.json'],
  ['no server', ['conflicts', '--endpoint', 'http://127.0.0.1:1'], 1, 'http://127.0.0.1:1'],
] as const) {
  test(`${what} is one sentence on stderr and exit code ${code}`, async () => {
    const ended = await everywrite(...args)
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toMatch(/^everywrite: [^\n]+\.\n$/)
    expect(ended.stderr).toContain(part)
  })
}

test('how far a new replica is filled is shown, and followed with --watch until it is', async () => {
  const east = clientIn('us-east-1', program.url)
  const at = ['--endpoint', program.url]
  await east.send(
    new CreateTableCommand({
      TableName: 'watched',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  )
  // More pages of a state transfer than are asked for ahead, so slow that it is stopped in the middle.
  for (let n = 0; n < 10_500; n += 25) {
    const puts = Array.from({ length: 25 }, (_, index) => ({ PutRequest: { Item: { id: { S: `item-${n + index}` } } } }))
    await east.send(new BatchWriteItemCommand({ RequestItems: { watched: puts } }))
  }
  const fault = (body: FaultBody) => fetch(`${program.url}/_everywrite/faults`, { method: 'POST', body: JSON.stringify(body) })
  await fault({ kind: 'latency', from: 'us-east-1', to: 'eu-west-1', ms: 3000 })
  await east.send(new UpdateTableCommand({ TableName: 'watched', ReplicaUpdates: [{ Create: { RegionName: 'eu-west-1' } }] }))
  east.destroy()
  const copied = async () => {
    const { tables } = (await (await fetch(`${program.url}/_everywrite/replication`)).json()) as ReplicationReply
    return tables[0]?.replicas.find(({ region }) => region === 'eu-west-1')?.filling?.items
  }
  await expect.poll(copied, { timeout: 30_000, interval: 50 }).toBeGreaterThan(0)
  await fault({ kind: 'partition', between: ['us-east-1', 'eu-west-1'] })
  const { stdout: halfway } = await everywrite('replication', 'watched', ...at)
  expect(halfway).toMatch(/eu-west-1 {2}CREATING {2}█+░+ \d\d %, [1-9],000 of 10,500 items$/m)

  const watching = everywrite('replication', 'watched', '--watch', ...at)
  expect((await everywrite('fault', 'heal', ...at)).stdout).toBe('Healed 2 faults.\n')
  const { code, stdout } = await watching
  expect(code).toBe(0)
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('All replicas are ACTIVE.')
  const { stdout: after } = await everywrite('replication', ...at)
  expect(after).toMatch(/watched {2}us-east-1 {2}ACTIVE\n {9}eu-west-1 {2}ACTIVE\n/)
  expect(await everywrite('replication', 'nobody', ...at)).toMatchObject({
    code: 1,
    stderr: 'everywrite: There is no global table nobody.\n',
  })
  const told = JSON.parse((await everywrite('replication', '--json', ...at)).stdout) as ReplicationReply
  expect(told.tables.map(({ table, links }) => [table, links.length])).toEqual([['watched', 2]])
}, 60_000)

test('what the server refuses is said in its words', async () => {
  const fault = await everywrite('fault', 'pause', 'mars-north-1', '--endpoint', program.url)
  expect(fault).toMatchObject({
    code: 1,
    stderr: 'everywrite: There is no Region mars-north-1 here. The Regions are eu-west-1, us-east-1.\n',
  })
  expect((await everywrite('verify', 'nobody', '--endpoint', program.url)).stderr).toBe('everywrite: There is no table nobody.\n')
  expect((await everywrite('conflicts', 'nobody', '--endpoint', program.url)).code).toBe(1)
})

test('a function is registered, listed and forgotten; one that a table names is not', async () => {
  const client = clientIn('us-east-1', program.url)
  await client.send(
    new CreateTableCommand({
      TableName: 'decided',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  )
  client.destroy()
  const file = join(mkdtempSync(join(tmpdir(), 'everywrite-cli-')), 'newest.js')
  writeFileSync(file, '(versions) => versions.at(-1).item')
  const { stdout: policy } = await everywrite('policy', '--function', file, '--endpoint', program.url)
  expect(policy).toMatch(/^custom:[0-9a-f]{32}\n$/)
  const name = policy.trim()
  expect((await everywrite('policy', '--functions', '--endpoint', program.url)).stdout).toBe(policy)
  expect(await everywrite('policy', 'decided', name, '--endpoint', program.url)).toMatchObject({ code: 0 })
  expect(await everywrite('policy', '--remove', name, '--endpoint', program.url)).toMatchObject({
    code: 1,
    stderr: 'everywrite: The conflict policy of table decided names the function.\n',
  })
  await everywrite('policy', 'decided', 'last-writer-wins', '--endpoint', program.url)
  expect(await everywrite('policy', '--remove', name, '--endpoint', program.url)).toMatchObject({
    code: 0,
    stdout: `${name}: forgotten.\n`,
  })
  const { stdout } = await everywrite('policy', '--functions', '--json', '--endpoint', program.url)
  expect(JSON.parse(stdout)).toEqual({ policies: [] })
})

test('every command has --help, and the program its version', async () => {
  for (const command of ['start', 'demo', 'conflicts', 'policy', 'verify', 'replication', 'fault', 'sim']) {
    const { code, stdout } = await everywrite(command, '--help')
    expect({ command, code }).toEqual({ command, code: 0 })
    expect(stdout).toContain(`everywrite ${command}`)
  }
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  expect((await everywrite('--version')).stdout).toBe(`${version}\n`)
})

test('a seed of the simulator passes, and says what it did', async () => {
  const { code, stdout } = await everywrite('sim', '--seed', '1')
  expect(stdout).toMatch(/^seed 1 passed {2}\d+ operations/)
  expect(code).toBe(0)
})
