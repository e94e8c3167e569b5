import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Scheduler } from '../base/scheduler.ts'
import { DurableJobs } from '../engine/durable-jobs.ts'
import { timeOfSequence } from '../engine/change-log.ts'
import { recoveryWindow } from '../engine/recovery.ts'
import type { RegionEngine } from '../engine/region-engine.ts'
import type { Store } from '../storage/store.ts'
import { StoreClosed } from '../storage/store.ts'
import type { ExportLine } from './data-files.ts'
import { writeDataFiles } from './data-files.ts'
import type { ExportedTable, ExportJob, ExportRequest, JobFailure } from './export-job.ts'
import { exportArn, exportFolder } from './export-job.ts'
import type { JobToken } from './job-rows.ts'
import { changeJob, jobOfToken, jobsOf, newJobId, readJob, recordJob, removeOldJobs } from './job-rows.ts'
import { writeManifests, writeStarted } from './manifests.ts'
import type { ObjectStore } from './object-store.ts'
import { noSuchBucket, objectFailure } from './object-failure.ts'
import type { History } from './table-history.ts'
import { changedItems, itemsAt } from './table-history.ts'

/**
 * The exports of one Region: recorded, then carried out a few at a time. One that was interrupted is begun again with the same span of the table's
 * change log, so it comes to the same items; files that it had written stay, and no manifest lists them.
 */
export class Exports {
  readonly #options: ExportsOptions
  readonly #jobs: DurableJobs
  /** By id, in the order in which they were asked for. */
  readonly #unfinished = new Map<string, ExportJob>()
  readonly #running = new Set<Promise<void>>()
  #closed = false

  private constructor(options: ExportsOptions) {
    this.#options = options
    const { engine, scheduler, log } = options
    this.#jobs = new DurableJobs({ region: engine.region, scheduler, log, pending: () => this.#pending() })
  }

  /** Goes on with what was interrupted. */
  static async open(options: ExportsOptions): Promise<Exports> {
    const exports = new Exports(options)
    const { store } = options.engine
    await removeOldJobs(store, options.clock.nowMs())
    const unfinished: ExportJob[] = []
    for await (const job of jobsOf<ExportJob>(store, 'export')) if (job.status === 'IN_PROGRESS') unfinished.push(job)
    for (const job of unfinished.reverse()) exports.#unfinished.set(job.id, job)
    exports.#jobs.look()
    return exports
  }

  newId(nowMs: number): string {
    return newJobId(this.#options.random, nowMs)
  }

  /** The export that was asked for with this token; a conflict when it was asked for otherwise. */
  async ofToken(token: JobToken, nowMs: number): Promise<ExportJob | 'conflict' | undefined> {
    const { store } = this.#options.engine
    const held = await jobOfToken(store, 'export', token, nowMs)
    if (held === undefined) return undefined
    return held.alike ? findExport(store, held.id) : 'conflict'
  }

  /** How many are under way. */
  get unfinished(): number {
    return this.#unfinished.size
  }

  /** Records an export, and begins it soon. The same token with the same request gives the export that it began; with another, a conflict. */
  async begin(
    request: ExportRequest,
    table: ExportedTable,
    span: ExportJob['span'],
    nowMs: number,
    token: JobToken | undefined,
  ): Promise<ExportJob | 'conflict'> {
    const { engine } = this.#options
    const id = this.newId(nowMs)
    const fresh = { status: 'IN_PROGRESS', endedAtMs: undefined, result: undefined, failure: undefined } as const
    const job: ExportJob = { id, startedAtMs: nowMs, request, table, span, ...fresh }
    await removeOldJobs(engine.store, nowMs)
    const outcome = await recordJob(engine.store, 'export', job, token)
    if (outcome !== 'recorded') return outcome.alike ? ((await findExport(engine.store, outcome.id)) ?? 'conflict') : 'conflict'
    this.#unfinished.set(id, job)
    this.#jobs.look()
    return job
  }

  /** Ends what runs as soon as it can; it is begun again by the next {@link open}. */
  async close(): Promise<void> {
    this.#closed = true
    this.#jobs.close()
    await Promise.all(this.#running)
  }

  *#pending(): Iterable<{ readonly id: string; run(): Promise<void> }> {
    for (const [id, job] of this.#unfinished) yield { id: `export-${id}`, run: () => this.#tracked(job) }
  }

  #tracked(job: ExportJob): Promise<void> {
    const run = this.#run(job)
    const ended = run.then(
      () => undefined,
      () => undefined,
    )
    this.#running.add(ended)
    void ended.then(() => this.#running.delete(ended))
    return run
  }

  async #run(job: ExportJob): Promise<void> {
    const { log, engine } = this.#options
    const about = { region: engine.region, export: exportArn(job) }
    log.info('export-begun', about)
    try {
      const outcome = await this.#write(job)
      const failure = 'code' in outcome ? outcome : undefined
      await this.#end(
        job,
        failure === undefined ? { status: 'COMPLETED', result: outcome as ExportJob['result'] } : { status: 'FAILED', failure },
      )
      if (failure === undefined) log.info('export-completed', { ...about, ...outcome })
      else log.warn('export-failed', { ...about, ...failure })
    } catch (error) {
      if (this.#closed) throw new StoreClosed('the export goes on when the Region is opened again')
      throw error
    }
  }

  async #end(job: ExportJob, end: Partial<ExportJob>): Promise<void> {
    const { engine, clock } = this.#options
    await changeJob<ExportJob>(engine.store, 'export', job.id, (now) => ({ ...now, ...end, endedAtMs: clock.nowMs() }))
    this.#unfinished.delete(job.id)
  }

  async #write(job: ExportJob): Promise<NonNullable<ExportJob['result']> | JobFailure> {
    const { engine, objects, clock, scheduler } = this.#options
    const { request } = job
    // Taken before the request is answered, if not too many others are under way: then the table may go at once.
    const snapshot = await engine.store.snapshot()
    try {
      const table = engine.table(job.table.name)
      // The texts of these are our own: DynamoDB keeps what it needs until the export has ended.
      if (table?.number !== job.table.number) {
        return { code: 'TableNotFound', message: `The table ${job.table.arn} was deleted before the export began.` }
      }
      const recovery = await recoveryWindow(engine, table)
      if (recovery === undefined || firstMomentOf(job) < recovery.earliestMs) {
        return { code: 'PointInTimeRecoveryUnavailable', message: 'Point-in-time recovery does not reach back to the export any more.' }
      }
      if (!(await objects.hasBucket(request.bucket))) return noSuchBucket
      await writeStarted(objects, job)
      const data = await writeDataFiles(this.#lines(job, { snapshot, versioning: engine.versioning, table, scheduler }), this.#target(job))
      const manifestKey = await writeManifests(objects, job, data, clock.nowMs())
      return { manifestKey, itemCount: data.itemCount, billedSizeBytes: data.sizeBytes }
    } catch (error) {
      const failure = objectFailure(error)
      if (failure === undefined) throw error
      return failure
    } finally {
      snapshot.close()
    }
  }

  #target(job: ExportJob): Parameters<typeof writeDataFiles>[1] {
    const { objects, random, log, engine } = this.#options
    const { request } = job
    const folder = exportFolder(request)
    return {
      objects,
      bucket: request.bucket,
      // Incremental exports of a folder share one for their data.
      folder: request.incremental === undefined ? `${folder}/${job.id}/data` : `${folder}/data`,
      extension: request.format === 'ION' ? 'ion.gz' : 'json.gz',
      random,
      written: (items) => log.info('export-progress', { region: engine.region, export: exportArn(job), items }),
    }
  }

  async *#lines({ request, span }: ExportJob, history: History): AsyncGenerator<ExportLine> {
    const { format, incremental } = request
    // The library behind Ion is loaded by the first export: a start need not wait for it.
    const { changeLine, itemLine } = await import('./export-lines.ts')
    if (span.kind === 'full') {
      for await (const item of itemsAt(history, BigInt(span.upTo))) {
        this.#assertOpen()
        yield { text: itemLine(item, format), sizeBytes: item.sizeBytes }
      }
      return
    }
    const oldImages = incremental?.view === 'NEW_AND_OLD_IMAGES'
    for await (const change of changedItems(history, BigInt(span.from), BigInt(span.to))) {
      this.#assertOpen()
      const sizeBytes = (change.after?.sizeBytes ?? 0) + (oldImages ? (change.before?.sizeBytes ?? 0) : 0)
      yield { text: changeLine(change, history.table.schema, oldImages, format), sizeBytes }
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreClosed('the export goes on when the Region is opened again')
  }
}

export function findExport(store: Store, id: string): Promise<ExportJob | undefined> {
  return readJob<ExportJob>(store, 'export', id)
}

/** The newest first; only those that are older than `before`, an id. */
export function exportsOf(store: Store, before: string | undefined): AsyncGenerator<ExportJob> {
  return jobsOf<ExportJob>(store, 'export', before)
}

/** Before which the change log is not needed, ms. */
function firstMomentOf({ span }: ExportJob): number {
  return timeOfSequence(BigInt(span.kind === 'full' ? span.upTo : span.from))
}

export interface ExportsOptions {
  readonly engine: RegionEngine
  readonly objects: ObjectStore
  readonly scheduler: Scheduler
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}
