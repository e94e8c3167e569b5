import type { Packed } from './distribution.ts'
import { Distribution, mergePacked } from './distribution.ts'

/**
 * One metric with its dimensions, over time: the minutes of the last hours one by one, those before in five minutes together, then in hours. A value goes to
 * the minute that is open; a minute that is over goes into all three. Memory has a limit that follows from the numbers below: 36 KB, and what percentiles need.
 */
export class Series {
  readonly id: SeriesId
  /** Of all that was ever added. */
  sum = 0
  count = 0
  /** False once the store let go of it: what is added to it then is lost. */
  live = true
  readonly #tiers = [new Tier(minuteMs, minutesKept), new Tier(5 * minuteMs, fiveMinutesKept), new Tier(hourMs, hoursKept)] as const
  #minute = Number.NEGATIVE_INFINITY
  #count = 0
  #sum = 0
  #minimum = 0
  #maximum = 0
  readonly #spreads: boolean
  #distribution: Distribution | undefined

  /** @param spreads whether it is kept how values are spread */
  constructor(id: SeriesId, spreads: boolean) {
    this.id = id
    this.#spreads = spreads
  }

  /** @param count how often the value came */
  add(value: number, atMs: number, count = 1): void {
    const minute = Math.floor(atMs / minuteMs)
    // A clock that was set back adds to what is open.
    if (minute > this.#minute) {
      this.#close()
      this.#minute = minute
    }
    if (this.#count === 0) {
      this.#minimum = value
      this.#maximum = value
    } else if (value < this.#minimum) this.#minimum = value
    else if (value > this.#maximum) this.#maximum = value
    this.#count += count
    this.#sum += value * count
    this.count += count
    this.sum += value * count
    if (this.#spreads) (this.#distribution ??= new Distribution()).add(value, count)
  }

  /** When it was last added to, to the minute; before the first time: never. */
  get lastMs(): number {
    return this.#minute * minuteMs
  }

  /** What was added from `fromMs` on and before `toMs`, by periods that begin at `fromMs`; periods without a value are left out. In order. */
  read(fromMs: number, toMs: number, periodMs: number, nowMs: number): readonly Point[] {
    const [minutes, fives, hours] = this.#tiers
    const fineFrom = floorTo(nowMs - fineMs, hourMs)
    const middleFrom = floorTo(nowMs - middleMs, hourMs)
    const points = new Points(fromMs, toMs, periodMs)
    for (const bucket of hours.buckets()) if (bucket.startMs < middleFrom) points.add(bucket)
    for (const bucket of fives.buckets()) if (bucket.startMs >= middleFrom && bucket.startMs < fineFrom) points.add(bucket)
    for (const bucket of minutes.buckets()) if (bucket.startMs >= fineFrom) points.add(bucket)
    if (this.#count > 0) points.add(this.#open())
    return points.all()
  }

  #open(): Bucket {
    return {
      startMs: this.#minute * minuteMs,
      count: this.#count,
      sum: this.#sum,
      minimum: this.#minimum,
      maximum: this.#maximum,
      distribution: this.#distribution?.pack(),
    }
  }

  #close(): void {
    if (this.#count === 0) return
    const bucket = this.#open()
    for (const tier of this.#tiers) tier.add(bucket)
    this.#count = 0
    this.#sum = 0
    this.#distribution = undefined
  }
}

export interface SeriesId {
  /** Of an account (`base/account-region.ts`). */
  readonly region: string
  readonly metric: string
  /** In the order of their names. */
  readonly dimensions: readonly Dimension[]
}

export interface Dimension {
  readonly name: string
  readonly value: string
}

/** What came in a span of time. */
export interface Bucket {
  readonly startMs: number
  readonly count: number
  readonly sum: number
  readonly minimum: number
  readonly maximum: number
  /** Undefined: it is not kept how values are spread. */
  readonly distribution: Packed | undefined
}

export type Point = Bucket

const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** Minute by minute, to the full hour before. */
const fineMs = 3 * hourMs
/** In five minutes. */
const middleMs = 24 * hourMs
/** An hour more, since a tier takes over at full hours. */
const minutesKept = 4 * 60
const fiveMinutesKept = 25 * 12
const hoursKept = 15 * 24

function floorTo(ms: number, stepMs: number): number {
  return Math.floor(ms / stepMs) * stepMs
}

/** Buckets of one width, the newest of them. */
class Tier {
  readonly #widthMs: number
  readonly #kept: number
  /** One behind the other; no more room than was needed so far. */
  #numbers = new Float64Array(8 * fields)
  #distributions: (Packed | undefined)[] = []
  #used = 0

  constructor(widthMs: number, kept: number) {
    this.#widthMs = widthMs
    this.#kept = kept
  }

  add({ startMs, count, sum, minimum, maximum, distribution }: Bucket): void {
    const start = floorTo(startMs, this.#widthMs)
    const last = (this.#used - 1) * fields
    if (this.#used === 0 || start > (this.#numbers[last] ?? 0)) {
      this.#makeRoom()
      this.#numbers.set([start, count, sum, minimum, maximum], this.#used++ * fields)
      this.#distributions.push(distribution)
      return
    }
    const of = this.#numbers.subarray(last, last + fields)
    const [before = 0, countBefore = 0, sumBefore = 0, minimumBefore = 0, maximumBefore = 0] = of
    of.set([before, countBefore + count, sumBefore + sum, Math.min(minimumBefore, minimum), Math.max(maximumBefore, maximum)])
    this.#distributions.push(mergePacked(this.#distributions.pop(), distribution))
  }

  *buckets(): Iterable<Bucket> {
    for (let at = 0; at < this.#used; at++) {
      const [startMs = 0, count = 0, sum = 0, minimum = 0, maximum = 0] = this.#numbers.subarray(at * fields, (at + 1) * fields)
      yield { startMs, count, sum, minimum, maximum, distribution: this.#distributions[at] }
    }
  }

  #makeRoom(): void {
    if (this.#used >= this.#kept) {
      this.#numbers.copyWithin(0, fields, this.#used * fields)
      this.#distributions.shift()
      this.#used--
    } else if (this.#used * fields === this.#numbers.length) {
      const larger = new Float64Array(Math.min(this.#kept, 2 * this.#used) * fields)
      larger.set(this.#numbers)
      this.#numbers = larger
    }
  }
}

const fields = 5

/** Buckets put together by periods. */
class Points {
  readonly #fromMs: number
  readonly #toMs: number
  readonly #periodMs: number
  readonly #points: Point[] = []

  constructor(fromMs: number, toMs: number, periodMs: number) {
    this.#fromMs = fromMs
    this.#toMs = toMs
    this.#periodMs = periodMs
  }

  add(bucket: Bucket): void {
    if (bucket.startMs < this.#fromMs || bucket.startMs >= this.#toMs) return
    const startMs = this.#fromMs + floorTo(bucket.startMs - this.#fromMs, this.#periodMs)
    const last = this.#points.at(-1)
    if (last?.startMs !== startMs) this.#points.push({ ...bucket, startMs })
    else {
      this.#points[this.#points.length - 1] = {
        startMs,
        count: last.count + bucket.count,
        sum: last.sum + bucket.sum,
        minimum: Math.min(last.minimum, bucket.minimum),
        maximum: Math.max(last.maximum, bucket.maximum),
        distribution: mergePacked(last.distribution, bucket.distribution),
      }
    }
  }

  all(): readonly Point[] {
    return this.#points
  }
}
