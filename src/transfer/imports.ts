import { createHash } from 'node:crypto'
import type { RegionEngine } from '../engine/region-engine.ts'
import type { Table } from '../engine/table.ts'
import type { Store } from '../storage/store.ts'
import type { ImportJob, ImportRequest } from './import-job.ts'
import { importFillingOf, newImport } from './import-job.ts'
import type { JobToken } from './job-rows.ts'
import { jobOfToken, jobsOf, readJob, recordJob } from './job-rows.ts'

/**
 * The records of a Region's imports. What an import is made from stands in its table (`import-job.ts`), from the transaction on that made the table, so
 * the record can be made later, by whoever comes first: the request that answers, or the job, also after a crash.
 */
export async function recordImport(store: Store, request: ImportRequest, table: Table): Promise<ImportJob> {
  const job = newImport(request, table)
  const outcome = await recordJob(store, 'import', job, importToken(request.clientToken, table.name))
  // The token may have come to hold for another import meanwhile.
  if (outcome !== 'recorded') await recordJob(store, 'import', job, undefined)
  return (await readJob<ImportJob>(store, 'import', job.id)) ?? job
}

/** The import as it is told of: it has not ended before its table is there, or gone. */
export async function findImport(engine: RegionEngine, id: string): Promise<ImportJob | undefined> {
  const job = await readJob<ImportJob>(engine.store, 'import', id)
  return job && toldOf(engine, job)
}

/** The newest first; only those that are older than `before`, an id. */
export async function* importsOf(engine: RegionEngine, before: string | undefined): AsyncGenerator<ImportJob> {
  for await (const job of jobsOf<ImportJob>(engine.store, 'import', before)) yield toldOf(engine, job)
}

/**
 * The import that was asked for with this token, or that the token stands for one of another table. What is compared is the table's name and nothing
 * else: another source under the same token is answered with the import that it began (observed on AWS, 2026-10, against the documentation).
 */
export async function importOfToken(
  engine: RegionEngine,
  clientToken: string,
  tableName: string,
  nowMs: number,
): Promise<ImportJob | 'conflict' | undefined> {
  const table = engine.table(tableName)
  const filling = table && importFillingOf(table)
  if (table !== undefined && filling?.clientToken === clientToken) return recordImport(engine.store, filling, table)
  const token = importToken(clientToken, tableName)
  const held = token && (await jobOfToken(engine.store, 'import', token, nowMs))
  if (held === undefined) return undefined
  return held.alike ? findImport(engine, held.id) : 'conflict'
}

/** How many are under way. */
export function importsUnderWay(engine: RegionEngine): number {
  return engine.tables().filter((table) => importFillingOf(table) !== undefined).length
}

function toldOf(engine: RegionEngine, job: ImportJob): ImportJob {
  const table = engine.table(job.tableName)
  const isBeingFilled = table !== undefined && importFillingOf(table)?.id === job.id
  return isBeingFilled ? { ...job, status: 'IN_PROGRESS', endedAtMs: undefined, failure: undefined } : job
}

function importToken(clientToken: string | undefined, tableName: string): JobToken | undefined {
  if (clientToken === undefined) return undefined
  return { token: clientToken, fingerprint: createHash('sha256').update(tableName, 'utf8').digest() }
}
