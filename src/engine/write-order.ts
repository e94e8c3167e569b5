import type { WriteOrder } from './item-writer.ts'

/** For tables that are not opened yet, or no longer: nothing can be known of them, and nothing is written. */
export const noOrder: WriteOrder = {
  write: () => Promise.resolve({ kind: 'unreachable' }),
  caughtUp: () => Promise.resolve(false),
}
