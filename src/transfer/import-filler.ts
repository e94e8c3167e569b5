import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { FilledRow, FillJob, FillOutcome, TableFiller } from '../engine/table-filling.ts'
import { decompressed } from './compression.ts'
import { DamagedContent } from './damaged-content.ts'
import type { JobFailure } from './export-job.ts'
import type { Checkpoint, ImportCounts, ImportJob, ImportRequest } from './import-job.ts'
import { importedItem } from './imported-item.ts'
import type { ImportRecord } from './import-records.ts'
import { recordImport } from './imports.ts'
import { changeJob, readJob } from './job-rows.ts'
import { RecordTooLong } from './lines.ts'
import { MalformedRecord } from './malformed-record.ts'
import { noSuchBucket, objectFailure } from './object-failure.ts'
import type { ObjectStore } from './object-store.ts'
import { ObjectStoreError } from './object-store.ts'

/**
 * Fills a new table from objects. Records are read in order, a page of items is written, and then how far it is; so after an interruption it goes
 * on with the record behind the last one that is known to be done, and what was written beyond that is written again.
 *
 * What cannot be imported is counted and logged, and the import ends as failed with all else in the table; only when the objects cannot be reached at
 * all the table goes (observed on AWS, 2026-10).
 */
export function createImportFiller(options: ImportFillerOptions): TableFiller {
  return { fill: (job) => fill(options, job) }
}

export interface ImportFillerOptions {
  readonly objects: ObjectStore
  readonly clock: Clock
  readonly log: Log
}

async function fill(options: ImportFillerOptions, job: FillJob): Promise<FillOutcome> {
  const request = job.state as unknown as ImportRequest
  const { store } = job.engine
  await recordImport(store, request, job.table)
  const known = await readJob<ImportJob>(store, 'import', request.id)
  if (known === undefined) throw new Error(`the record of import ${request.id} is missing`)
  const done = known.status === 'IN_PROGRESS' ? await new Import(options, job, request, known).run() : known
  if (done === 'interrupted') return { kind: 'interrupted' }
  const { failure } = done
  const keepsTable = failure === undefined || failure.code === itemsFailed.code
  return keepsTable ? { kind: 'filled' } : { kind: 'failed', reason: failure.message }
}

/** Text observed on AWS, 2026-10. */
const itemsFailed: JobFailure = {
  code: 'ItemValidationError',
  message: 'Some of the items failed validation checks and were not imported. Please check CloudWatch error logs for more details.',
}

const pageItems = 1000
const pageBytes = 4 << 20
const recordsPerReport = 2000
const objectsPerReport = 100
const itemsPerLine = 100_000
const loggedErrorsMax = 1000

class Import {
  readonly #options: ImportFillerOptions
  readonly #job: FillJob
  readonly #request: ImportRequest
  readonly #resumeAt: Checkpoint | undefined
  #counts: ImportCounts
  #checkpoint: Checkpoint
  /** By key: of several items of one key the last one counts. */
  #page = new Map<string, FilledRow>()
  #pageBytes = 0
  /** Of the page, with those of one key. */
  #pageItems = 0
  #sinceReport = { records: 0, objects: 0 }
  #loggedItems = 0

  constructor(options: ImportFillerOptions, job: FillJob, request: ImportRequest, known: ImportJob) {
    this.#options = options
    this.#job = job
    this.#request = request
    this.#resumeAt = known.checkpoint
    this.#counts = known.counts
    this.#checkpoint = known.checkpoint ?? { key: '', records: 0, bytesBefore: 0 }
  }

  async run(): Promise<ImportJob | 'interrupted'> {
    const { objects, log } = this.#options
    const { bucket, prefix = '' } = this.#request
    log.info(this.#resumeAt === undefined ? 'import-begun' : 'import-resumed', this.#about())
    if (!(await objects.hasBucket(bucket))) return this.#end(noSuchBucket)
    try {
      for await (const key of objects.list(bucket, prefix)) {
        if (this.#resumeAt !== undefined && key < this.#resumeAt.key) continue
        if ((await this.#object(key)) === 'interrupted') return 'interrupted'
      }
    } catch (error) {
      // An object that cannot be read is counted, so this is the list of them.
      const failure = objectFailure(error)
      if (failure === undefined) throw error
      return this.#end(failure)
    }
    if ((await this.#writePage()) === 'interrupted') return 'interrupted'
    return this.#end(this.#counts.errors > 0 ? itemsFailed : undefined)
  }

  async #object(key: string): Promise<'done' | 'interrupted'> {
    const isResumed = key === this.#resumeAt?.key
    const skipped = isResumed ? this.#checkpoint.records : 0
    if (!isResumed) this.#checkpoint = { key, records: 0, bytesBefore: this.#counts.processedBytes }
    let records = 0
    try {
      for await (const record of this.#recordsOf(key)) {
        if (++records <= skipped) continue
        if ((await this.#record(record)) === 'interrupted') return 'interrupted'
      }
    } catch (error) {
      const problem = problemOf(error)
      if (problem === undefined) throw error
      // It counts as one record that ends its object. When it was counted before, nothing followed it.
      if (++records > skipped && (await this.#record({ problem })) === 'interrupted') return 'interrupted'
    }
    this.#sinceReport.objects++
    return 'done'
  }

  async *#recordsOf(key: string): AsyncGenerator<ImportRecord> {
    const { format, csv, compression, bucket } = this.#request
    // The libraries behind CSV and Ion are loaded by the first import: a start need not wait for them.
    const { recordsIn } = await import('./import-records.ts')
    const content = this.#counted(decompressed(this.#options.objects.read(bucket, key), compression))
    yield* recordsIn(content, { format, csv, definitions: this.#job.table.attributeDefinitions })
  }

  async *#counted(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let bytes = 0
    for await (const piece of content) {
      bytes += piece.length
      this.#counts = { ...this.#counts, processedBytes: this.#checkpoint.bytesBefore + bytes }
      yield piece
    }
  }

  async #record(record: ImportRecord): Promise<'done' | 'interrupted'> {
    const row = 'problem' in record ? record : importedItem(this.#job.table, record.item)
    const { processedItems, errors } = this.#counts
    this.#checkpoint = { ...this.#checkpoint, records: this.#checkpoint.records + 1 }
    this.#counts = { ...this.#counts, processedItems: processedItems + 1, errors: errors + ('problem' in row ? 1 : 0) }
    this.#sinceReport.records++
    if ('problem' in row) this.#logError(row.problem)
    else {
      this.#page.set(Buffer.from(row.itemKey).toString('latin1'), row)
      this.#pageItems++
      this.#pageBytes += row.item?.image.length ?? 0
    }
    const isFull = this.#pageItems >= pageItems || this.#pageBytes >= pageBytes || this.#sinceReport.records >= recordsPerReport
    return isFull ? this.#writePage() : 'done'
  }

  async #writePage(): Promise<'done' | 'interrupted'> {
    if (this.#job.givenUp) return 'interrupted'
    if ((await this.#job.write([...this.#page.values()])) !== 'written') return 'interrupted'
    this.#counts = { ...this.#counts, importedItems: this.#counts.importedItems + this.#pageItems }
    this.#page = new Map()
    this.#pageBytes = 0
    this.#pageItems = 0
    const { records, objects } = this.#sinceReport
    if (records < recordsPerReport && objects < objectsPerReport) return 'done'
    this.#sinceReport = { records: 0, objects: 0 }
    const [counts, checkpoint] = [this.#counts, this.#checkpoint]
    await changeJob<ImportJob>(this.#job.engine.store, 'import', this.#request.id, (now) => ({ ...now, counts, checkpoint }))
    if (counts.processedItems - this.#loggedItems >= itemsPerLine) {
      this.#loggedItems = counts.processedItems
      this.#options.log.info('import-progress', { ...this.#about(), ...counts })
    }
    return 'done'
  }

  async #end(failure: JobFailure | undefined): Promise<ImportJob> {
    const { clock, log } = this.#options
    const status = failure === undefined ? 'COMPLETED' : 'FAILED'
    const end = { status, failure, counts: this.#counts, checkpoint: undefined, endedAtMs: clock.nowMs() } as const
    const ended = await changeJob<ImportJob>(this.#job.engine.store, 'import', this.#request.id, (now) => ({ ...now, ...end }))
    if (ended === undefined) throw new Error(`the record of import ${this.#request.id} is missing`)
    if (failure === undefined) log.info('import-completed', { ...this.#about(), ...this.#counts })
    else log.warn('import-failed', { ...this.#about(), ...this.#counts, ...failure })
    return ended
  }

  /** What CloudWatch would be told. */
  #logError(reason: string): void {
    const { errors } = this.#counts
    const { key, records } = this.#checkpoint
    if (errors <= loggedErrorsMax)
      this.#options.log.warn('import-record-refused', { ...this.#about(), object: key, record: records, reason })
    if (errors === loggedErrorsMax)
      this.#options.log.warn('import-records-refused', { ...this.#about(), note: 'further ones are counted only' })
  }

  #about(): { readonly region: string; readonly table: string; readonly import: string } {
    return { region: this.#job.engine.region, table: this.#job.table.name, import: this.#request.id }
  }
}

/** What is wrong with an object, if it is that. */
function problemOf(error: unknown): string | undefined {
  const isObjects =
    error instanceof MalformedRecord ||
    error instanceof RecordTooLong ||
    error instanceof DamagedContent ||
    error instanceof ObjectStoreError
  return isObjects ? error.message : undefined
}
