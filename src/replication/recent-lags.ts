/** The last {@link lagsKept} lags of one direction, for quantiles. Milliseconds. */
export class RecentLags {
  readonly #lags = new Float64Array(lagsKept)
  #count = 0

  add(lagMs: number): void {
    this.#lags[this.#count++ % lagsKept] = lagMs
  }

  /** How many were ever added. */
  get count(): number {
    return this.#count
  }

  /** The lag that the fraction `q` of the kept ones does not exceed; undefined before the first. */
  quantile(q: number): number | undefined {
    const kept = this.#lags.slice(0, Math.min(this.#count, lagsKept)).sort()
    return kept[Math.min(kept.length - 1, Math.floor(q * kept.length))]
  }
}

const lagsKept = 1024
