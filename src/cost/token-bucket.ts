/**
 * Capacity that comes in at a steady rate and is kept for a while when it is not used (developer guide, "Burst capacity": up to five minutes).
 * A request is let in while there is anything left, and may take more than there is; the debt is paid before the next is let in.
 * Pure in time: the caller says when it is.
 */
export class TokenBucket {
  #rate: number
  readonly #burstS: number
  #units: number
  #atMs: number

  /** Full at first. @param rate units per second */
  constructor(rate: number, burstS: number, nowMs: number) {
    this.#rate = rate
    this.#burstS = burstS
    this.#units = rate * burstS
    this.#atMs = nowMs
  }

  /** The rate from now on; what was saved stays, within the new limit. */
  setRate(rate: number, nowMs: number): void {
    this.#refill(nowMs)
    this.#rate = rate
    this.#units = Math.min(this.#units, rate * this.#burstS)
  }

  /** Whether a request is let in. */
  admits(nowMs: number): boolean {
    this.#refill(nowMs)
    return this.#units > 0
  }

  take(units: number): void {
    this.#units -= units
  }

  /** Requests that overlap may come with older times, which bring nothing; a clock that was set back begins anew from where it is. */
  #refill(nowMs: number): void {
    const passedMs = nowMs - this.#atMs
    if (passedMs <= 0 && passedMs > -clockStepMs) return
    this.#atMs = nowMs
    if (passedMs < 0) return
    this.#units = Math.min(this.#rate * this.#burstS, this.#units + (this.#rate * passedMs) / 1000)
  }
}

/** A time that lies further back than any request takes means that the clock was set back. */
const clockStepMs = 60_000
