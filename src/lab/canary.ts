import type { Transport } from '../replication/messages.ts'
import type { Stores } from '../world/stores.ts'

/** A bug put in on purpose, around a port: a checker that does not catch it checks nothing. */
export interface Canary {
  readonly stores?: (stores: Stores) => Stores
  readonly transport?: (transport: Transport, from: string) => Transport
}
