import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Scheduler } from '../base/scheduler.ts'
import { isAwsRegion } from '../world/aws-regions.ts'

/**
 * Counts requests to the DynamoDB wire, by operation, Region and status. It is on the path of every request, so it keeps plain numbers; the
 * metrics are made of them when somebody asks. Names that a client made up are not kept.
 */
export class RequestMeter {
  readonly #scheduler: Scheduler
  readonly #isOperation: (name: string) => boolean
  readonly #seriesByName = new Map<string, RequestSeries>()

  constructor(scheduler: Scheduler, isOperation: (name: string) => boolean) {
    this.#scheduler = scheduler
    this.#isOperation = isOperation
  }

  /** Counts this request once it is answered. */
  watch(request: IncomingMessage, response: ServerResponse): void {
    const beganMs = this.#scheduler.monotonicMs()
    response.once('finish', () => {
      const target = request.headers['x-amz-target']
      if (typeof target !== 'string') return
      const operation = target.slice(target.indexOf('.') + 1)
      this.#count(operation, regionIn(request.headers), response.statusCode, this.#scheduler.monotonicMs() - beganMs)
    })
  }

  series(): Iterable<RequestSeries> {
    return this.#seriesByName.values()
  }

  #count(operation: string, region: string, status: number, tookMs: number): void {
    const name = `${operation} ${region} ${status}`
    let series = this.#seriesByName.get(name)
    if (series === undefined) {
      const known = this.#isOperation(operation) && isAwsRegion(region)
      if (!known && name !== `unknown unknown ${status}`) {
        this.#count('unknown', 'unknown', status, tookMs)
        return
      }
      series = { operation, region, status, count: 0, sumMs: 0, countByBucket: bucketsMs.map(() => 0) }
      this.#seriesByName.set(name, series)
    }
    series.count++
    series.sumMs += tookMs
    let bucket = 0
    while (bucket < bucketsMs.length && tookMs > (bucketsMs[bucket] ?? 0)) bucket++
    if (bucket < bucketsMs.length) series.countByBucket[bucket] = (series.countByBucket[bucket] ?? 0) + 1
  }
}

export interface RequestSeries {
  readonly operation: string
  readonly region: string
  readonly status: number
  count: number
  sumMs: number
  /** Requests above the bucket before and up to this one; those above the last are in `count` alone. */
  readonly countByBucket: number[]
}

/** Upper bounds. */
export const bucketsMs = [0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000] as const

function regionIn(headers: IncomingMessage['headers']): string {
  const { authorization = '' } = headers
  return /Credential=[^,\s]*\/\d{8}\/([a-z0-9-]+)\/dynamodb\/aws4_request/.exec(authorization)?.[1] ?? 'unknown'
}
