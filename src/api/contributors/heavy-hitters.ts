/**
 * The heaviest keys of an endless sequence, in memory that does not grow (Space-Saving: Metwally, Agrawal, El Abbadi, 2005). A new key takes
 * the place of the lightest, and its weight with it as what may be too much: so every key that weighs more than the total divided by the
 * number of places is among them, and each weight is too high by its `errorMax` at most, never too low.
 */
export class HeavyHitters {
  readonly #entryByKey = new Map<string, { weight: number; errorMax: number }>()
  readonly #placesMax: number

  constructor(placesMax: number) {
    this.#placesMax = placesMax
  }

  add(key: string, weight: number): void {
    const known = this.#entryByKey.get(key)
    if (known !== undefined) known.weight += weight
    else if (this.#entryByKey.size < this.#placesMax) this.#entryByKey.set(key, { weight, errorMax: 0 })
    else this.#replaceLightest(key, weight)
  }

  /** The heaviest first; among equal ones in the order of their keys. */
  top(count: number): readonly HeavyHitter[] {
    return [...this.#entryByKey]
      .map(([key, entry]) => ({ key, ...entry }))
      .sort((a, b) => b.weight - a.weight || (a.key < b.key ? -1 : 1))
      .slice(0, count)
  }

  /** The places are few: looking at all of them takes about a microsecond. */
  #replaceLightest(key: string, weight: number): void {
    let lightest = ''
    let least = Infinity
    for (const [each, entry] of this.#entryByKey) {
      if (entry.weight >= least) continue
      lightest = each
      least = entry.weight
    }
    this.#entryByKey.delete(lightest)
    this.#entryByKey.set(key, { weight: least + weight, errorMax: least })
  }
}

export interface HeavyHitter {
  readonly key: string
  readonly weight: number
  /** How much of the weight may be others'. */
  readonly errorMax: number
}
