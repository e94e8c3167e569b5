import { readFileSync } from 'node:fs'
import { call } from './http-load.ts'

/** The server that is measured, as the sections of the benchmark see it: what it says of itself, and what the system says of it. */
export interface Server {
  readonly port: number
  readonly pid: number | undefined
}

export interface Link {
  readonly from: string
  readonly to: string
  readonly pending: number | null
  readonly lagP50Ms: number | null
  readonly lagP99Ms: number | null
  readonly lagP999Ms: number | null
}

interface Filling {
  readonly stage: string
  readonly items: number
  readonly itemsExpected: number | null
}

export interface TableReplication {
  readonly table: string
  readonly replicas: readonly { readonly region: string; readonly status: string; readonly filling?: Filling }[]
  readonly links: readonly Link[]
}

export async function replicationOf({ port }: Server, table: string): Promise<TableReplication> {
  const { tables } = (await (await fetch(`http://127.0.0.1:${port}/_everywrite/replication`)).json()) as {
    readonly tables: readonly TableReplication[]
  }
  const found = tables.find((each) => each.table === table)
  if (found === undefined) throw new Error(`there is no global table ${table}`)
  return found
}

/** Changes that the others do not have yet, of the link that is furthest behind; undefined while one has not said how far it is. */
export function pendingFrom({ links }: TableReplication, region: string): number | undefined {
  const counts = links.filter(({ from }) => from === region).map(({ pending }) => pending)
  return counts.some((count) => count === null) ? undefined : Math.max(0, ...counts.map((count) => count ?? 0))
}

export async function partition({ port }: Server, one: string, other: string): Promise<void> {
  const body = JSON.stringify({ kind: 'partition', between: [one, other] })
  const response = await fetch(`http://127.0.0.1:${port}/_everywrite/faults`, { method: 'POST', body })
  if (!response.ok) throw new Error(await response.text())
}

export async function heal({ port }: Server): Promise<void> {
  await fetch(`http://127.0.0.1:${port}/_everywrite/faults`, { method: 'DELETE' })
}

/** A table whose key is `pk`, with replicas in these Regions; the first is where it is made. */
export async function makeTable(server: Server, name: string, [home = 'us-east-1', ...others]: readonly string[]): Promise<void> {
  const { port } = server
  const input = {
    TableName: name,
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  }
  await call(port, 'CreateTable', input, home)
  for (const region of others) {
    await call(port, 'UpdateTable', { TableName: name, ReplicaUpdates: [{ Create: { RegionName: region } }] }, home)
    await until(async () => (await replicationOf(server, name)).replicas.every(({ status }) => status === 'ACTIVE'))
  }
}

/** Looks again every few milliseconds until it is so. */
export async function until(look: () => Promise<boolean>, everyMs = 50): Promise<void> {
  while (!(await look())) await new Promise((resolve) => setTimeout(resolve, everyMs))
}

/**
 * What the process holds, beside the pages of the stores' files that are mapped (resident memory counts those too, as many as the tables have).
 * 0 where the system does not tell.
 */
export function memoryMb({ pid }: Server): number {
  if (pid === undefined || process.platform !== 'linux') return 0
  const kib = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib ?? 0) / 1024
}

/** Looks at the server now and then while something goes on. */
export async function sampling<S, T>(look: () => Promise<S>, everyMs: number, during: Promise<T>): Promise<{ result: T; samples: S[] }> {
  const samples: S[] = []
  let over = false
  const sample = (async () => {
    while (!over) {
      samples.push(await look())
      await new Promise((resolve) => setTimeout(resolve, everyMs))
    }
  })()
  try {
    return { result: await during, samples }
  } finally {
    over = true
    await sample
  }
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

/** Numbers in columns of these widths, after a name. */
export function row(name: string, cells: readonly (readonly [value: string | number, width: number, digits?: number])[]): string {
  const text = cells.map(([value, width, digits = 0]) => (typeof value === 'number' ? value.toFixed(digits) : value).padStart(width))
  return `${name.padEnd(22)}${text.join('')}`
}
