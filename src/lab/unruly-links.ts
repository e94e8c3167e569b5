import type { Random } from '../base/random.ts'
import { chance, fraction } from '../base/random.ts'
import type { Scheduler } from '../base/scheduler.ts'
import type { Transport } from '../replication/messages.ts'
import type { Coverage } from './coverage.ts'

/**
 * Links that lose, repeat and overtake. The product's own keep the order, as a connection does, but its rules rely on nothing of the
 * kind [REP-24], and other transports promise less.
 */
export class UnrulyLinks {
  readonly #scheduler: Scheduler
  readonly #random: Random
  readonly #coverage: Coverage
  #probability: number

  /** @param probability of a message that one of the three happens to it */
  constructor(options: { scheduler: Scheduler; random: Random; coverage: Coverage; probability: number }) {
    this.#scheduler = options.scheduler
    this.#random = options.random
    this.#coverage = options.coverage
    this.#probability = options.probability
  }

  /** From now on they are as they should be. */
  calm(): void {
    this.#probability = 0
  }

  around(transport: Transport): Transport {
    return {
      send: (to, message) => {
        if (!chance(this.#random, this.#probability)) return transport.send(to, message)
        const fate = fraction(this.#random)
        if (fate < 0.3) {
          this.#coverage.add('messages lost')
          return true
        }
        const repeated = fate < 0.6
        this.#coverage.add(repeated ? 'messages repeated' : 'messages overtaken')
        this.#scheduler.after(overtakenMsMax * fraction(this.#random) ** 2, () => void transport.send(to, message))
        return repeated ? transport.send(to, message) : true
      },
    }
  }
}

const overtakenMsMax = 8000
