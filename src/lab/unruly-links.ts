import type { Random } from '../base/random.ts'
import { fraction } from '../base/random.ts'
import type { Scheduler } from '../base/scheduler.ts'
import type { Transport } from '../replication/messages.ts'
import type { Coverage } from './coverage.ts'
import type { Unruliness } from './plan.ts'

/**
 * Links that lose, repeat and overtake. The product's own keep the order, as a connection does, but its rules rely on nothing of the
 * kind [REP-24], and other transports promise less.
 */
export class UnrulyLinks {
  readonly #random: Random
  readonly #coverage: Coverage
  readonly #unruliness: Unruliness
  #calm = false

  constructor(options: { random: Random; coverage: Coverage; unruliness: Unruliness }) {
    this.#random = options.random
    this.#coverage = options.coverage
    this.#unruliness = options.unruliness
  }

  /** From now on they are as they should be. */
  calm(): void {
    this.#calm = true
  }

  around(transport: Transport, scheduler: Scheduler): Transport {
    return {
      send: (to, message) => {
        const { lost, repeated, overtaken, lateMsMax } = this.#unruliness
        if (this.#calm || lost + repeated + overtaken === 0) return transport.send(to, message)
        const fate = fraction(this.#random)
        if (fate < lost) {
          this.#coverage.add('messages lost')
          return true
        }
        if (fate >= lost + repeated + overtaken) return transport.send(to, message)
        const isRepeated = fate < lost + repeated
        this.#coverage.add(isRepeated ? 'messages repeated' : 'messages overtaken')
        scheduler.after(lateMsMax * fraction(this.#random) ** 2, () => void transport.send(to, message))
        return isRepeated ? transport.send(to, message) : true
      },
    }
  }
}
