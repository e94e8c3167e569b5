/** The lags of one direction: the last {@link lagsKept} for quantiles, and what all of them add up to. Milliseconds. */
export class RecentLags {
  readonly #lags = new Float64Array(lagsKept)
  #count = 0
  #sumMs = 0

  add(lagMs: number): void {
    this.#lags[this.#count++ % lagsKept] = lagMs
    this.#sumMs += lagMs
  }

  /** How many were ever added. */
  get count(): number {
    return this.#count
  }

  get sumMs(): number {
    return this.#sumMs
  }

  /** The lag that the fraction `q` of the kept ones does not exceed; undefined before the first. */
  quantile(q: number): number | undefined {
    const kept = this.#lags.slice(0, Math.min(this.#count, lagsKept)).sort()
    return kept[Math.min(kept.length - 1, Math.floor(q * kept.length))]
  }
}

const lagsKept = 1024
