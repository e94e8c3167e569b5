import type { Dimension, SeriesId } from './series.ts'
import { Series } from './series.ts'

/** The metrics of all Regions, in memory: they begin with the process. Of more than so many, those go that were not added to for the longest time. */
export class MetricStore {
  readonly #seriesByKey = new Map<string, Series>()
  readonly #seriesMax: number

  constructor(seriesMax = usualSeriesMax) {
    this.#seriesMax = seriesMax
  }

  /** Made when it is not there. @param spreads whether percentiles can be asked of it */
  series(region: string, metric: string, dimensions: Readonly<Record<string, string>>, spreads = false): Series {
    const id: SeriesId = { region, metric, dimensions: inOrder(Object.entries(dimensions).map(([name, value]) => ({ name, value }))) }
    const key = keyOf(id)
    let series = this.#seriesByKey.get(key)
    if (series === undefined) {
      if (this.#seriesByKey.size >= this.#seriesMax) this.#forgetOldest()
      series = new Series(id, spreads)
      this.#seriesByKey.set(key, series)
    }
    return series
  }

  /** The one with exactly these dimensions. */
  find(region: string, metric: string, dimensions: readonly Dimension[]): Series | undefined {
    return this.#seriesByKey.get(keyOf({ region, metric, dimensions: inOrder(dimensions) }))
  }

  all(): Iterable<Series> {
    return this.#seriesByKey.values()
  }

  #forgetOldest(): void {
    let oldest: readonly [string, Series] | undefined
    for (const entry of this.#seriesByKey) if (oldest === undefined || entry[1].lastMs < oldest[1].lastMs) oldest = entry
    if (oldest === undefined) return
    this.#seriesByKey.delete(oldest[0])
    oldest[1].live = false
  }
}

const usualSeriesMax = 2000

function inOrder(dimensions: readonly Dimension[]): readonly Dimension[] {
  return dimensions.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function keyOf({ region, metric, dimensions }: SeriesId): string {
  return JSON.stringify([region, metric, ...dimensions.flatMap(({ name, value }) => [name, value])])
}
