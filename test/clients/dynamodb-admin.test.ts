import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Program } from '../program.ts'
import { startProgram } from '../program.ts'

/** The console that people put before a local DynamoDB, as its own process; driven by the requests that its pages make. */
let program: Program
let admin: ChildProcess
let url = ''
beforeAll(async () => {
  program = await startProgram(['--memory'])
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  const main = createRequire(import.meta.url)
    .resolve('dynamodb-admin')
    .replace('backend.js', 'dynamodb-admin.js')
  const args = ['--host', '127.0.0.1', '--port', String(port), '--dynamo-endpoint', program.url]
  admin = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  if (admin.stdout === null) throw new Error('its output is a pipe')
  const lines = createInterface({ input: admin.stdout })
  await new Promise<void>((resolve, reject) => {
    admin.once('exit', (code) => reject(new Error(`dynamodb-admin ended with code ${code}`)))
    lines.on('line', (line) => {
      if (line.includes('listening')) resolve()
    })
  })
})
afterAll(async () => {
  if (admin.exitCode === null && admin.kill('SIGTERM')) await once(admin, 'exit')
  await program.stop()
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function ask(method: string, path: string, body?: unknown): Promise<string> {
  const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }
  const answer = await fetch(`${url}${path}`, { method, ...content })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return text
}

async function items(table: string, query: Readonly<Record<string, string>> = {}): Promise<readonly Record<string, unknown>[]> {
  const page = JSON.parse(await ask('GET', `/tables/${table}/items?${new URLSearchParams(query).toString()}`)) as {
    Items: Record<string, unknown>[]
  }
  return page.Items.map(({ __key: _key, ...item }) => item)
}

describe('dynamodb-admin', () => {
  test('makes a table with an index and lists it', async () => {
    expect(JSON.parse(await ask('GET', '/api/tables'))).toEqual([])
    expect(await ask('GET', '/create-table')).toContain('Hash Attribute Name')
    await ask('POST', '/create-table', {
      TableDefinition: {
        ...{ TableName: 'pets', HashAttributeName: 'owner', HashAttributeType: 'S', RangeAttributeName: 'id', RangeAttributeType: 'N' },
        ...{ ReadCapacityUnits: 3, WriteCapacityUnits: 3 },
      },
      SecondaryIndexes: [
        {
          ...{ IndexName: 'byKind', IndexType: 'global', HashAttributeName: 'kind', HashAttributeType: 'S' },
          ...{ ReadCapacityUnits: 3, WriteCapacityUnits: 3 },
        },
      ],
    })
    expect(JSON.parse(await ask('GET', '/api/tables'))).toMatchObject([{ TableName: 'pets', TableStatus: 'ACTIVE', ItemCount: 0 }])
    expect(await ask('GET', '/')).toContain('pets')
  })

  test('adds an item, shows it, saves its changes and deletes it', async () => {
    const item = { owner: 'ann', id: 1, kind: 'cat', toys: ['ball', { made: 2020 }], chipped: true }
    expect(JSON.parse(await ask('PUT', '/tables/pets/add-item', item))).toEqual({ owner: 'ann', id: 1 })
    expect(await items('pets')).toEqual([item])
    expect(await ask('GET', '/tables/pets/items/ann,1')).toContain('ball')
    expect(JSON.parse(await ask('PUT', '/tables/pets/items/ann,1', { ...item, toys: [] }))).toEqual({ ...item, toys: [] })
    expect(await ask('GET', '/tables/pets')).toContain('pets')
    expect(await ask('GET', '/tables/pets/meta')).toContain('byKind')
    expect(await ask('GET', '/tables/pets/ttl')).toContain('DISABLED')
    await ask('DELETE', '/tables/pets/items/ann,1')
    expect(await items('pets')).toEqual([])
  })

  test('searches by key, filter and index, page by page', async () => {
    const kinds = ['cat', 'dog']
    for (let id = 1; id <= 6; id++) await ask('PUT', '/tables/pets/add-item', { owner: 'bob', id, kind: kinds[id % 2] })
    const filters = (of: object): string => JSON.stringify(of)
    const idsOf = (found: readonly Record<string, unknown>[]): unknown[] => found.map(({ id }) => id)
    const byKey = { operationType: 'query', filters: filters({ owner: { operator: '=', type: 'S', value: 'bob' } }) }
    expect(idsOf(await items('pets', byKey))).toEqual([1, 2, 3, 4, 5, 6])
    expect(idsOf(await items('pets', { filters: filters({ id: { operator: '>', type: 'N', value: '4' } }) }))).toEqual([5, 6])
    const byIndex = {
      ...{ operationType: 'query', queryableSelection: 'byKind' },
      filters: filters({ kind: { operator: '=', type: 'S', value: 'dog' } }),
    }
    expect(idsOf(await items('pets', byIndex)).toSorted()).toEqual([1, 3, 5])
    const second = { ...byKey, pageSize: '2', startKey: JSON.stringify({ owner: 'bob', id: 2 }) }
    expect(idsOf(await items('pets', second))).toEqual([3, 4])
  })

  test('purges a table, and deletes it', async () => {
    await ask('DELETE', '/tables/pets/all')
    expect(await items('pets')).toEqual([])
    await ask('DELETE', '/tables/pets')
    expect(JSON.parse(await ask('GET', '/api/tables'))).toEqual([])
  })
})
