/**
 * How values are spread, for percentiles: counts in bins whose bounds grow by a tenth, so a percentile is off by less than five per cent. Values are not
 * negative. While it grows it is a map; what is kept is packed, `[bin, count, bin, count, …]` in the order of bins.
 */
export type Packed = Int32Array

export class Distribution {
  readonly #countByBin = new Map<number, number>()

  add(value: number, count: number): void {
    const bin = binOf(value)
    this.#countByBin.set(bin, (this.#countByBin.get(bin) ?? 0) + count)
  }

  pack(): Packed {
    return Int32Array.from([...this.#countByBin].sort(([a], [b]) => a - b).flat())
  }
}

export function mergePacked(a: Packed | undefined, b: Packed | undefined): Packed | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const merged: number[] = []
  let [atA, atB] = [0, 0]
  while (atA < a.length || atB < b.length) {
    const binA = a[atA] ?? Number.POSITIVE_INFINITY
    const binB = b[atB] ?? Number.POSITIVE_INFINITY
    merged.push(Math.min(binA, binB), (binA <= binB ? (a[atA + 1] ?? 0) : 0) + (binB <= binA ? (b[atB + 1] ?? 0) : 0))
    if (binA <= binB) atA += 2
    if (binB <= binA) atB += 2
  }
  return Int32Array.from(merged)
}

/** The value that the fraction `q` of all does not exceed, evenly spread within its bin. */
export function percentile(packed: Packed, q: number, minimum: number, maximum: number): number {
  let all = 0
  for (let at = 1; at < packed.length; at += 2) all += packed[at] ?? 0
  let left = q * all
  for (let at = 0; at < packed.length; at += 2) {
    const [bin = 0, count = 0] = packed.subarray(at, at + 2)
    if (left <= count) {
      const [lower, upper] = [Math.max(minimum, boundOf(bin - 1)), Math.min(maximum, boundOf(bin))]
      return lower + (Math.max(0, upper - lower) * left) / count
    }
    left -= count
  }
  return maximum
}

const growth = Math.log(1.1)
/** Of what is below a microsecond, where values are milliseconds. */
const lowestBin = -73

function binOf(value: number): number {
  return value <= 0 ? lowestBin : Math.max(lowestBin, Math.ceil(Math.log(value) / growth))
}

/** Of the values in a bin, none is greater. */
function boundOf(bin: number): number {
  return bin <= lowestBin ? 0 : Math.exp(bin * growth)
}
