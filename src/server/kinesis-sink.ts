import { join } from 'node:path'
import type { KinesisRecord } from '../api/kinesis.ts'
import { kinesisRecord, kinesisStream, NO_STREAM } from '../api/kinesis.ts'
import type { ChangeBatch, ChangeSink } from '../engine/change-sink.ts'
import { JsonlFile } from './jsonl-file.ts'

/**
 * Where records for Kinesis streams go: by HTTP to the URL that was set for the stream, else into a file of the data folder,
 * `kinesis/<Region>/<stream>.jsonl`. A stream is there as soon as it is named, if there is a place for it.
 *
 * Nothing of a name reaches the file system but what Regions and streams may be called: letters, digits, `-`, `_` and `.`, with an ending behind it.
 */
export interface KinesisSinkOptions {
  /** Undefined: nothing is kept, so streams without a URL are not there. */
  readonly folder: string | undefined
  /** By the name of the stream; `*` is for all others. */
  readonly urls: ReadonlyMap<string, URL>
}

export class KinesisSink implements ChangeSink {
  readonly #options: KinesisSinkOptions
  readonly #fileByPath = new Map<string, JsonlFile>()
  /** What is appended to a file, one after the other; several tables may share a stream. */
  readonly #appendingByPath = new Map<string, Promise<void>>()
  readonly #closing = new AbortController()

  constructor(options: KinesisSinkOptions) {
    this.#options = options
  }

  refusal(region: string, target: string): string | undefined {
    const stream = kinesisStream(region, target)
    if ('failure' in stream) return stream.failure
    return this.#urlOf(stream.name) === undefined && this.#options.folder === undefined ? NO_STREAM : undefined
  }

  async deliver({ region, table, destination, changes }: ChangeBatch): Promise<void> {
    const stream = kinesisStream(region, destination.target)
    if ('failure' in stream) throw new SinkFailed(stream.failure)
    if (this.#closing.signal.aborted) throw new SinkFailed('the server is closing')
    const records = changes.map((change) => kinesisRecord(region, table, destination, change))
    const url = this.#urlOf(stream.name)
    if (url !== undefined) await this.#post(url, stream.name, destination.target, records)
    else if (this.#options.folder !== undefined) await this.#append(join(this.#options.folder, region, `${stream.name}.jsonl`), records)
    else throw new SinkFailed(`no place was set for the stream ${stream.name}`)
  }

  /** Requests are broken off; what is being appended to files is finished. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.#appendingByPath.values())
  }

  #urlOf(name: string): URL | undefined {
    return this.#options.urls.get(name) ?? this.#options.urls.get('*')
  }

  async #append(path: string, records: readonly KinesisRecord[]): Promise<void> {
    const file = this.#fileByPath.get(path) ?? new JsonlFile(path)
    this.#fileByPath.set(path, file)
    const before = this.#appendingByPath.get(path) ?? Promise.resolve()
    const appended = before.then(() => file.append(records.map(({ data }) => data)))
    // Whoever asked for it hears of a failure; the next one tries for itself.
    const settled = appended.then(
      () => undefined,
      () => undefined,
    )
    this.#appendingByPath.set(path, settled)
    await appended
    if (this.#appendingByPath.get(path) === settled) this.#appendingByPath.delete(path)
  }

  /** As Kinesis takes them in PutRecords, so that what speaks Kinesis can be given them. */
  async #post(url: URL, StreamName: string, StreamARN: string, records: readonly KinesisRecord[]): Promise<void> {
    const Records = records.map(({ data, partitionKey }) => ({ Data: Buffer.from(data).toString('base64'), PartitionKey: partitionKey }))
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'error',
      headers: { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': 'Kinesis_20131202.PutRecords' },
      body: JSON.stringify({ StreamName, StreamARN, Records }),
      signal: AbortSignal.any([AbortSignal.timeout(postMsMax), this.#closing.signal]),
    })
    const text = await textOf(response)
    if (!response.ok) throw new SinkFailed(`${url.origin} answered ${response.status}`)
    const refused = refusedRecords(text)
    // Those that were taken come again: a later change must not arrive before an earlier one that was refused.
    if (refused > 0) throw new SinkFailed(`${url.origin} refused ${refused} of ${records.length} records`)
  }
}

/** The changes may not have arrived, and will be delivered again. */
export class SinkFailed extends Error {
  override readonly name = 'SinkFailed'
  readonly code = 'SINK_FAILED'
}

const postMsMax = 10_000
/** An answer to 500 records is a tenth of that. */
const answerBytesMax = 1 << 20

async function textOf({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += piece.length
    if (bytes > answerBytesMax) throw new SinkFailed(`the answer is larger than ${answerBytesMax} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** What answers with anything but PutRecords' `FailedRecordCount` has taken all of them. */
function refusedRecords(text: string): number {
  try {
    const answer: unknown = JSON.parse(text)
    const refused: unknown = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'FailedRecordCount') : undefined
    return typeof refused === 'number' ? refused : 0
  } catch (error) {
    if (error instanceof SyntaxError) return 0
    throw error
  }
}
