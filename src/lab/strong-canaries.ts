import type { Message, Transport } from '../replication/messages.ts'
import type { MemoryStore } from '../storage/memory-store.ts'
import type { Store } from '../storage/store.ts'
import type { Stores } from '../world/stores.ts'
import { worldStoreName } from '../world/stores.ts'
import { withTransact } from './recorded-stores.ts'

/** Bugs put in on purpose into strong mode, each around a port, with the rule that it breaks. */
export interface StrongCanary {
  readonly what: string
  readonly stores?: (stores: Stores) => Stores
  readonly transport?: (transport: Transport) => Transport
}

export const strongCanaries = {
  'count-unflushed': {
    what: 'a member says of its log what it has handed to the store, so a write is answered before a majority has flushed it [STR-3]',
    stores: (stores) =>
      eachRegion(stores, (store) => withTransact(store, (keys, decide) => committedAtOnce(store as MemoryStore, keys, decide))),
  },
  'own-log-wins': {
    what: 'an epoch begins with the log of whoever opens it, whatever the others have [STR-5]',
    transport: (transport) => changing(transport, (says) => (says.kind === 'promise' ? { ...says, tail: 0, tailEpoch: 0 } : says)),
  },
  'blind-barriers': {
    what: 'a barrier counts who answers and not what they have, so it is judged on a copy that lags [STR-4]',
    transport: (transport) =>
      changing(transport, (says) => (says.kind === 'tail' && says.answers !== undefined ? { ...says, tail: undefined } : says)),
  },
  'early-answers': {
    what: 'a member says that it has flushed a little more than it has, so a write is answered before it is on a majority [STR-3]',
    transport: (transport) =>
      changing(transport, (says) => (says.kind === 'tail' && says.tail !== undefined ? { ...says, tail: says.tail + 3 } : says)),
  },
} satisfies Record<string, StrongCanary>

export type StrongCanaryName = keyof typeof strongCanaries

export const strongCanaryNames = Object.keys(strongCanaries) as readonly StrongCanaryName[]

function eachRegion(stores: Stores, around: (store: Store) => Store): Stores {
  const innerByName = new Map<string, Store>()
  return {
    async open(name) {
      const store = await stores.open(name)
      innerByName.set(name, store)
      return name === worldStoreName ? store : around(store)
    },
    crash: (name, store) => stores.crash(name, innerByName.get(name) ?? store),
    regions: () => stores.regions(),
  }
}

/** What is decided is answered at once, and flushed some time. */
function committedAtOnce<T>(store: MemoryStore, ...[keys, decide]: Parameters<typeof store.transact<T>>): Promise<T> {
  return new Promise((resolve, reject) => {
    store
      .transact<T>(keys, (values) => {
        const decision = decide(values)
        resolve(decision.result)
        return decision
      })
      .catch(reject)
  })
}

type Saying = Extract<Message, { kind: 'journal' }>['says']

function changing(transport: Transport, change: (says: Saying) => Saying): Transport {
  return { send: (to, message) => transport.send(to, message.kind === 'journal' ? { ...message, says: change(message.says) } : message) }
}
