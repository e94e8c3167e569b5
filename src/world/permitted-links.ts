import { accountOf } from '../base/account-region.ts'
import type { Table } from '../engine/table.ts'
import type { Transport } from '../replication/messages.ts'

/**
 * Links between accounts carry what both permit: between replicas that do not, messages are lost, as on a link that is down. Who begins to permit again
 * is sent what was missed. Within an account nothing is asked.
 */
export class PermittedLinks {
  readonly #ports: LinkPorts
  readonly #heldUp = new Map<string, HeldUp>()

  constructor(ports: LinkPorts) {
    this.#ports = ports
  }

  /** What `from` sends with. */
  transport(plain: Transport, from: string): Transport {
    return {
      send: (to, message) => {
        // Strong tables, whose messages are of kind `journal`, are within one account.
        if (message.kind === 'journal' || accountOf(from) === accountOf(to) || this.#permits({ from, to, globalId: message.globalId }))
          return plain.send(to, message)
        this.#heldUp.set(`${from}>${to}>${message.globalId}`, { from, to, globalId: message.globalId })
        return false
      },
    }
  }

  /** A table's definition changed, and its policy may have. */
  changed({ globalId }: Table): void {
    for (const [name, held] of this.#heldUp) {
      if (held.globalId !== globalId || !this.#permits(held)) continue
      this.#heldUp.delete(name)
      this.#ports.linkUp(held.from, held.to)
    }
  }

  /** Of a table that is not there nothing is known; its messages reach nobody. */
  #permits({ from, to, globalId }: HeldUp): boolean {
    const [here, there] = [this.#ports.tableOf(from, globalId), this.#ports.tableOf(to, globalId)]
    return (
      here === undefined ||
      there === undefined ||
      this.#ports.unauthorized([
        { region: from, table: here },
        { region: to, table: there },
      ]).size === 0
    )
  }
}

/** The Regions of those replicas that do not permit, for all of these, what replication needs. */
export type Unauthorized = (replicas: readonly TableThere[]) => ReadonlySet<string>

interface TableThere {
  readonly region: string
  readonly table: Table
}

interface HeldUp {
  readonly from: string
  readonly to: string
  readonly globalId: string
}

interface LinkPorts {
  readonly unauthorized: Unauthorized
  readonly tableOf: (region: string, globalId: string) => Table | undefined
  readonly linkUp: (from: string, to: string) => void
}
