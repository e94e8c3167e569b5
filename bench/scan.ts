import { readFileSync } from 'node:fs'
import { fill } from './fill.ts'
import { call } from './http-load.ts'

/**
 * A Scan of a large table, page after page: how long it takes, and what memory the server takes for it. Resident memory also counts the pages of
 * the stores' files that are mapped, as many as the table has; where the system tells them apart (Linux), what is shown is the rest.
 */
export async function measureScan(port: number, pid: number | undefined, count: number): Promise<void> {
  const name = 'large'
  await call(port, 'CreateTable', {
    TableName: name,
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  })
  const note = 'x'.repeat(180)
  const filling = performance.now()
  await fill(port, name, count, (index) => ({ pk: { S: `item-${index}` }, visits: { N: String(index) }, note: { S: note } }))
  const fillS = (performance.now() - filling) / 1000

  const samplesMb = [memoryMb(pid)]
  const began = performance.now()
  let scanned = 0
  let pages = 0
  let ExclusiveStartKey: unknown
  do {
    const page = (await call(port, 'Scan', { TableName: name, ExclusiveStartKey })) as { Count: number; LastEvaluatedKey?: unknown }
    scanned += page.Count
    pages++
    if (pages % 20 === 0) samplesMb.push(memoryMb(pid))
    ExclusiveStartKey = page.LastEvaluatedKey
  } while (ExclusiveStartKey !== undefined)
  const scanS = (performance.now() - began) / 1000
  if (scanned !== count) throw new Error(`the Scan found ${scanned} of ${count} items`)

  console.log('\nscan                      items   filled/s  scanned/s   pages   memory before MB   at most MB')
  const cells = [
    String(count).padStart(9),
    (count / fillS).toFixed(0).padStart(10),
    (count / scanS).toFixed(0).padStart(10),
    String(pages).padStart(7),
    (samplesMb[0] ?? 0).toFixed(0).padStart(18),
    Math.max(...samplesMb)
      .toFixed(0)
      .padStart(12),
  ]
  console.log(`${'page by page'.padEnd(21)} ${cells.join(' ')}`)
}

/** 0 where the system does not tell. */
function memoryMb(pid: number | undefined): number {
  if (pid === undefined || process.platform !== 'linux') return 0
  const kib = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib ?? 0) / 1024
}
