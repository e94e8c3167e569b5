import { accountOf } from '../base/account-region.ts'
import type { Table } from '../engine/table.ts'
import type { Transport } from '../replication/messages.ts'

/**
 * Links between accounts carry what both ends permit: to and from a replica that does not permit replication with its whole group, messages are lost, as
 * on a link that is down. Who begins to permit again is sent what was missed. Within an account nothing is asked.
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
        if (accountOf(from) === accountOf(to) || this.#permits({ from, to, globalId: message.globalId })) return plain.send(to, message)
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
    const members = this.#ports.membersOf(globalId)
    const ends = members.filter(({ region }) => region === from || region === to)
    return ends.every((end) => this.#ports.mayReplicate(end, members))
  }
}

/** Whether a member of a group permits that all of them, itself among them, replicate with it. */
export type MayReplicate = (member: TableThere, members: readonly TableThere[]) => boolean

export interface TableThere {
  readonly region: string
  readonly table: Table
}

interface HeldUp {
  readonly from: string
  readonly to: string
  readonly globalId: string
}

interface LinkPorts {
  readonly mayReplicate: MayReplicate
  /** The replicas in Regions that run. */
  readonly membersOf: (globalId: string) => readonly TableThere[]
  readonly linkUp: (from: string, to: string) => void
}
