/**
 * Counts requests to the DynamoDB wire, by operation, Region and status. It is on the path of every request, so it keeps plain numbers; the
 * metrics are made of them when somebody asks. Names that a client made up are not kept.
 */
export class RequestMeter {
  readonly #isRegion: (name: string) => boolean
  /** A name put together of the three would have to be hashed anew for each request. */
  readonly #series: ByName<ByName<Map<number, RequestSeries>>> = new Map()

  constructor(isRegion: (name: string) => boolean) {
    this.#isRegion = isRegion
  }

  /** Counts a reply; `call` is undefined when the request was refused before it was understood. */
  count(call: { readonly operation: string; readonly region: string } | undefined, status: number, tookMs: number): void {
    const known = call !== undefined && this.#isRegion(call.region)
    const series = known ? this.#seriesOf(call.operation, call.region, status) : this.#seriesOf('unknown', 'unknown', status)
    series.count++
    series.sumMs += tookMs
    let bucket = 0
    while (bucket < bucketsMs.length && tookMs > (bucketsMs[bucket] ?? 0)) bucket++
    if (bucket < bucketsMs.length) series.countByBucket[bucket] = (series.countByBucket[bucket] ?? 0) + 1
  }

  *series(): Iterable<RequestSeries> {
    for (const byRegion of this.#series.values()) for (const byStatus of byRegion.values()) yield* byStatus.values()
  }

  #seriesOf(operation: string, region: string, status: number): RequestSeries {
    const known = this.#series.get(operation)?.get(region)?.get(status)
    if (known !== undefined) return known
    const series: RequestSeries = { operation, region, status, count: 0, sumMs: 0, countByBucket: bucketsMs.map(() => 0) }
    const byRegion = this.#series.get(operation) ?? new Map<string, Map<number, RequestSeries>>()
    const byStatus = byRegion.get(region) ?? new Map<number, RequestSeries>()
    this.#series.set(operation, byRegion.set(region, byStatus.set(status, series)))
    return series
  }
}

type ByName<V> = Map<string, V>

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
