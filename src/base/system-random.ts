import { randomFillSync } from 'node:crypto'
import type { Random } from './random.ts'

const pool = new Uint32Array(1024)
let used = pool.length

/** The operating system's random numbers, drawn in blocks. */
export const systemRandom: Random = {
  uint32(): number {
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    return pool[used++] ?? 0
  },
}
