import type { Transport } from '../replication/messages.ts'
import type { Store } from '../storage/store.ts'
import { StoreClosed } from '../storage/store.ts'
import type { CoverageName } from './coverage.ts'
import { withTransact } from './recorded-stores.ts'

/**
 * The places at which the product waits for the world outside: every call of a store, before it, between commit and flush, and after it; every
 * message that is sent. A crash can be told to come at one of them, counted from now, so that in time there is a crash at every await.
 */
export type CallPoint = 'before a call' | 'between commit and flush' | 'after a flush' | 'after a read' | 'at a message'

export const coverageByPoint: Readonly<Record<CallPoint, CoverageName>> = {
  'before a call': 'crashes before a call of the store',
  'between commit and flush': 'crashes between commit and flush',
  'after a flush': 'crashes between flush and answer',
  'after a read': 'crashes after a read',
  'at a message': 'crashes at a message',
}

/** Makes the crash; settles when what crashed is dead. */
export type Strike = (point: CallPoint) => Promise<void>

interface Trap {
  /** Undefined: of any store. */
  readonly store: string | undefined
  left: number
  readonly strike: Strike
}

export class CallPoints {
  readonly #traps = new Set<Trap>()

  /** At the point that follows after `skipped` others. */
  arm(store: string | undefined, skipped: number, strike: Strike): void {
    this.#traps.add({ store, left: skipped, strike })
  }

  disarm(): void {
    this.#traps.clear()
  }

  /**
   * Undefined, at once, when nothing happens here.
   * @param runs false while its Region starts: then only the whole process can die
   */
  pass(store: string, point: CallPoint, runs: boolean): Promise<void> | undefined {
    for (const trap of this.#traps) {
      if (trap.store !== undefined && (trap.store !== store || !runs)) continue
      if (trap.left-- > 0) continue
      this.#traps.delete(trap)
      return trap.strike(point)
    }
    return undefined
  }
}

export function interruptedStore(inner: Store, pass: (point: CallPoint) => Promise<void> | undefined): Store {
  async function reading<T>(call: () => Promise<T>): Promise<T> {
    await pass('before a call')
    const result = await call()
    const struck = pass('after a read')
    if (struck === undefined) return result
    await struck
    throw new StoreClosed()
  }
  const transacting = withTransact(inner, async (keys, decide) => {
    await pass('before a call')
    const flushed = inner.transact(keys, decide)
    const cut = pass('between commit and flush')
    if (cut !== undefined) {
      flushed.catch(() => undefined)
      await cut
    }
    const result = await flushed
    const struck = pass('after a flush')
    if (struck === undefined) return result
    await struck
    throw new StoreClosed()
  })
  return {
    ...transacting,
    get: (key) => reading(() => inner.get(key)),
    getMany: (keys) => reading(() => inner.getMany(keys)),
    page: (range, limit) => reading(() => inner.page(range, limit)),
    snapshot: () => reading(() => inner.snapshot()),
  }
}

/** Whether the message still goes out is a matter of the point's number: crashes come before it and after it. */
export function interruptedTransport(inner: Transport, pass: (point: CallPoint) => Promise<void> | undefined): Transport {
  return {
    send(to, message) {
      if (pass('at a message') !== undefined) return true
      const sent = inner.send(to, message)
      void pass('at a message')
      return sent
    },
  }
}
