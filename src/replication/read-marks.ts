import type { Dot } from './dot.ts'
import { asBuffer } from './version.ts'

/**
 * Which versions clients were seen to read in this Region, of late: a table of fixed size in which a newer one takes the place of an older one
 * [REP-20]. It forgets, and so says `yes` or `not noticed`; that it takes one version for another takes 64 equal bits.
 */
export class ReadMarks {
  readonly #words = new Uint32Array(2 * slots)

  /** @param bytes holds the dot of what was read, as versions encode it, at `at` */
  note(bytes: Uint8Array, at: number): void {
    const buffer = asBuffer(bytes)
    this.#note(buffer.readUInt32BE(at + 4), buffer.readUInt32BE(at + 10))
  }

  has({ incarnation, n }: Dot): boolean {
    const [low, number] = [Number.parseInt(incarnation.slice(8), 16), n % 2 ** 32]
    const slot = slotOf(low, number)
    return this.#words[slot] === low && this.#words[slot + 1] === number
  }

  #note(incarnation: number, n: number): void {
    const slot = slotOf(incarnation, n)
    this.#words[slot] = incarnation
    this.#words[slot + 1] = n
  }
}

/** Half a megabyte in each Region. */
const slots = 2 ** 16

function slotOf(incarnation: number, n: number): number {
  return 2 * ((incarnation ^ Math.imul(n, 0x9e3779b1)) >>> 16)
}
