import type { Scheduler } from '../base/scheduler.ts'
import { sleep } from '../base/scheduler.ts'
import { spaces } from '../engine/keyspace.ts'
import { cellOf, decodeCell, emptyCell, encodeCell } from '../replication/cell.ts'
import type { Message, Transport } from '../replication/messages.ts'
import { decodeReplicaRow, encodeReplicaRow } from '../replication/replica-row.ts'
import { isBesideEntry, isResolution, isWithdrawal } from '../replication/rows.ts'
import type { Version } from '../replication/version.ts'
import { decodeVersion, encodeVersion, noNotes, versionLayout } from '../replication/version.ts'
import type { MemoryStore } from '../storage/memory-store.ts'
import type { Decision, Key, Store, Value, Write } from '../storage/store.ts'
import type { Stores } from '../world/stores.ts'
import { worldStoreName } from '../world/stores.ts'
import { withoutMergeData, withRestartedAccumulators } from './merge-canaries.ts'
import { withTransact } from './recorded-stores.ts'
import { isRow } from './write-log.ts'

/**
 * Bugs put in on purpose, each around a port: a simulator that does not catch them proves nothing. The product has no hook for them; each is
 * a plausible mistake of whoever writes a store or a message, with the rule that it breaks.
 */
export interface Canary {
  readonly what: string
  readonly stores?: (stores: Stores, scheduler: Scheduler) => Stores
  readonly transport?: (transport: Transport) => Transport
}

export type CanaryName = (typeof canaryNames)[number]

export const canaryNames = [
  'ship-before-flush',
  'cursor-before-apply',
  'prune-siblings',
  'collect-on-acknowledgement',
  'drop-ledger-entries',
  'drop-withdrawals',
  'seed-without-tombstones',
  'apply-without-order',
  'stale-index-entries',
  'unlogged-changes',
  'index-without-backfill',
  'unlisted-conflicts',
  'dropped-edits',
  'restarted-accumulators',
  'homeless-tombstones',
  'drop-resolutions',
  'drop-stream-records',
  'apply-twice',
  'expire-everywhere',
  'read-at-two-moments',
  'stale-reads',
] as const

export const canaries: Readonly<Record<CanaryName, Canary>> = {
  'ship-before-flush': {
    what: 'reads, shippers and snapshots see what is committed and not flushed [REP-23]',
    stores: eachStore((store) => {
      const unflushed = memoryStoreOf(store)
      const view = (): ReturnType<MemoryStore['committedView']> => unflushed.committedView()
      return {
        ...withTransact(store, (keys, decide) => store.transact(keys, decide)),
        get: (key) => view().get(key),
        getMany: (keys) => Promise.all(keys.map((key) => view().get(key))),
        page: (range, limit) => view().page(range, limit),
        snapshot: async () => view(),
      }
    }),
  },
  'cursor-before-apply': {
    what: 'a received batch moves the cursor in one transaction and the items in the next [REP-22]',
    stores: eachStore((store) =>
      withTransact(store, async <T>(keys: readonly Key[], decide: Decide<T>): Promise<T> => {
        let later: readonly Write[] = []
        const result = await store.transact(keys, (values) => {
          const decision = decide(values)
          const received =
            decision.writes.some(({ key }) => isRow(key, spaces.log)) && keys[1] !== undefined && !hasOwnWrite(decision, values)
          const now = received ? decision.writes.filter(({ key }) => isRow(key, spaces.replica)) : decision.writes
          later = decision.writes.filter((write) => !now.includes(write))
          return { writes: now, result: decision.result }
        })
        if (later.length > 0) await store.transact([], () => ({ writes: later, result: undefined }))
        return result
      }),
    ),
  },
  'prune-siblings': {
    what: 'of several siblings only the one that is shown is kept [REP-8]',
    stores: eachStore((store) =>
      changingWrites(store, ({ key, value }) => {
        if (value === undefined || !isRow(key, spaces.items)) return { key, value }
        const highest = decodeCell(value).siblings.at(-1)
        return { key, value: encodeCell(highest === undefined ? emptyCell : cellOf(highest)) }
      }),
    ),
  },
  'collect-on-acknowledgement': {
    what: 'a report counts at once, whether or not what its sender wrote before has arrived [REP-27]',
    transport: changingMessages((message) => {
      if (message.kind !== 'changes' && message.kind !== 'progress') return message
      return { ...message, report: { ...message.report, ours: [] } }
    }),
  },
  'drop-ledger-entries': {
    what: 'half of the ledger entries are not written [REP-18]',
    stores: eachStore((store) =>
      changingWrites(store, (write) => (isLedgerEntry(write.key) && (write.key.at(-1) ?? 0) % 2 === 0 ? undefined : write)),
    ),
  },
  'drop-withdrawals': {
    what: 'an entry is not withdrawn by a write that built on its version [REP-19]',
    stores: eachStore((store) =>
      changingWrites(store, (write) => (isRow(write.key, spaces.ledger) && isWithdrawal(write.key) ? undefined : write)),
    ),
  },
  'seed-without-tombstones': {
    what: 'a state transfer leaves out deleted items [REP-33]',
    transport: changingMessages((message) => {
      if (message.kind !== 'seed-page') return message
      const isAlive = ({ cell }: { readonly cell: Uint8Array }): boolean =>
        decodeCell(cell).siblings.some((version) => version.stored !== undefined)
      return { ...message, cells: message.cells.filter(isAlive) }
    }),
  },
  'apply-without-order': {
    what: 'of each batch of several records the first is not sent, and nobody notices the gap [REP-24]',
    transport: changingMessages((message) => {
      if (message.kind !== 'changes' || message.records.length < 2) return message
      const [, ...records] = message.records
      const [second = new Uint8Array()] = records
      return { ...message, records: [second, ...records] }
    }),
  },
  'unlisted-conflicts': {
    what: 'items in conflict are not listed, so a change of the policy does not find them [REP-11]',
    stores: eachStore((store) => changingWrites(store, (write) => (isRow(write.key, spaces.contested) ? undefined : write))),
  },
  'dropped-edits': {
    what: 'which writes made the parts of an item is not kept beside it [REP-14]',
    stores: eachStore((store) => changingVersions(store, withoutMergeData)),
  },
  'restarted-accumulators': {
    what: 'an accumulator that was closed or collected is begun again under its name [REP-16]',
    stores: eachStore((store) => changingVersions(store, withRestartedAccumulators)),
  },
  'homeless-tombstones': {
    what: 'a deletion does not keep the home of what it deleted [REP-12]',
    stores: eachStore((store) =>
      changingVersions(store, (version) => (version.stored === undefined ? encodeVersion({ ...version, notes: noNotes }) : version)),
    ),
  },
  'drop-resolutions': {
    what: 'that a conflict was settled is not written down [REP-21]',
    stores: eachStore((store) =>
      changingWrites(store, (write) => (isRow(write.key, spaces.ledger) && isResolution(write.key) ? undefined : write)),
    ),
  },
  'drop-stream-records': {
    what: 'some changes are not in the change log, so that no stream shows them [REP-40]',
    stores: eachStore((store) =>
      changingWrites(store, (write) => (isRow(write.key, spaces.changes) && write.key.length > 10 && isUnlucky(write) ? undefined : write)),
    ),
  },
  'apply-twice': {
    what: 'the last record of a batch that comes again is applied again [REP-24]',
    stores: eachStore((store) => withTransact(store, (keys, decide) => store.transact(keys, applyingTwice(decide)))),
  },
  'expire-everywhere': {
    what: 'every Region takes what expires for its own [REP-40]',
    stores: eachStore((store, region) => withTransact(store, (keys, decide) => store.transact(keys, claimingAll(region, keys, decide)))),
  },
  'read-at-two-moments': {
    what: 'items that are read together are read one after the other',
    stores: eachStore((store, _region, scheduler) => ({
      ...store,
      ...withTransact(store, (keys, decide) => store.transact(keys, decide)),
      async getMany(keys) {
        const values: (Value | undefined)[] = []
        for (const key of keys) {
          if (values.length > 0) await sleep(scheduler, 50)
          values.push(await store.get(key))
        }
        return values
      },
    })),
  },
  'stale-reads': {
    what: 'the first to read an item after it was changed sees it as it was before',
    stores: eachStore((store) => {
      const seen = new Map<string, Value | undefined>()
      return {
        ...store,
        ...withTransact(store, (keys, decide) => store.transact(keys, decide)),
        async get(key) {
          const now = await store.get(key)
          if (!isItem(key)) return now
          const name = Buffer.from(key).toString('hex')
          const before = seen.get(name)
          seen.set(name, now)
          return before ?? now
        },
      }
    }),
  },
  'stale-index-entries': {
    what: 'an index entry stays when its item has another one or is gone',
    stores: eachStore((store) =>
      changingWrites(store, (write) => (isRow(write.key, spaces.derived) && write.value === undefined ? undefined : write)),
    ),
  },
  'unlogged-changes': {
    what: 'what another Region changed is not in the change log [REP-40]',
    stores: eachStore((store) =>
      changingWrites(store, (write) => (isRow(write.key, spaces.changes) && write.value?.[0] === replicationCause ? undefined : write)),
    ),
  },
  'index-without-backfill': {
    what: 'an index that is added holds only what is written from then on',
    stores: eachStore((store) => ({ ...store, ...withTransact(store, (keys, decide) => store.transact(keys, withoutBackfill(decide))) })),
  },
}

/** As the change log encodes it. */
const replicationCause = 2

/** The fill of an index writes entries and nothing else. */
function withoutBackfill<T>(decide: Decide<T>): Decide<T> {
  return (values) => {
    const { writes, result } = decide(values)
    const fills = writes.length > 0 && writes.every(({ key, value }) => isRow(key, spaces.derived) && value !== undefined)
    return { writes: fills ? [] : writes, result }
  }
}

type Decide<T> = (values: readonly (Value | undefined)[]) => Decision<T>

function eachStore(
  change: (store: Store, region: string, scheduler: Scheduler) => Store,
): (stores: Stores, scheduler: Scheduler) => Stores {
  return (stores, scheduler) => ({
    open: async (name) => {
      const store = await stores.open(name)
      return name === worldStoreName ? store : change(store, name, scheduler)
    },
    crash: (name, store) => stores.crash(name, store),
    regions: () => stores.regions(),
  })
}

/** Changes versions in the log, and where they are alone in their cells. */
function changingVersions(store: Store, change: (version: Version) => Version): Store {
  return changingWrites(store, ({ key, value }) => {
    if (value === undefined || value[0] !== versionLayout || !(isRow(key, spaces.log) || isRow(key, spaces.items))) return { key, value }
    return { key, value: change(decodeVersion(value)).bytes }
  })
}

function changingWrites(store: Store, change: (write: Write) => Write | undefined): Store {
  return withTransact(store, (keys, decide) =>
    store.transact(keys, (values) => {
      const { writes, result } = decide(values)
      return { writes: writes.flatMap((write) => change(write) ?? []), result }
    }),
  )
}

function changingMessages(change: (message: Message) => Message): (transport: Transport) => Transport {
  return (transport) => ({ send: (to, message) => transport.send(to, change(message)) })
}

/** A client's write reads the replica row, one cell and the head of the change log, and writes them with at most one record. */
function hasOwnWrite<T>({ writes }: Decision<T>, values: readonly (Value | undefined)[]): boolean {
  return (
    values.length === 3 &&
    writes.filter(({ key }) => isRow(key, spaces.log)).length === 1 &&
    isRow(writes[0]?.key ?? new Uint8Array(), spaces.replica)
  )
}

/** A batch with nothing new is decided once more by a replica that has forgotten the last number of everybody else. */
function applyingTwice<T>(decide: Decide<T>): Decide<T> {
  return (values) => {
    const decision = decide(values)
    const [encoded] = values
    if (encoded === undefined || !isAppliedInVain(decision.result)) return decision
    const row = decodeReplicaRow(encoded)
    const cursors = new Map([...row.cursors].map(([incarnation, n]) => [incarnation, row.ours.has(incarnation) ? n : n - 1]))
    const again = decide([encodeReplicaRow({ ...row, cursors }), ...values.slice(1)])
    const writes = again.writes.map(({ key, value }) =>
      isRow(key, spaces.replica) && value !== undefined
        ? { key, value: encodeReplicaRow({ ...decodeReplicaRow(value), cursors: row.cursors }) }
        : { key, value },
    )
    return { writes, result: decision.result }
  }
}

function isAppliedInVain(result: unknown): boolean {
  if (typeof result !== 'object' || result === null) return false
  const { kind, versions } = result as { kind?: unknown; versions?: unknown }
  return kind === 'applied' && Array.isArray(versions) && versions.length === 0
}

/** Where nothing would be written, decides once more as if this Region had written the item: what expires is deleted then. */
function claimingAll<T>(region: string, keys: readonly Key[], decide: Decide<T>): Decide<T> {
  return (values) => {
    const decision = decide(values)
    const [replicaRow, cell, ...others] = values
    if (decision.writes.length > 0 || cell === undefined || !isItem(keys[1])) return decision
    return decide([replicaRow, claimedBy(region, cell), ...others])
  }
}

/** The cell as if this Region had written what it shows. */
function claimedBy(region: string, cell: Value): Value {
  const shown = decodeCell(cell).shown?.version
  return (shown && encodeCell(cellOf(encodeVersion({ ...shown, region })))) ?? cell
}

function isItem(key: Key | undefined): boolean {
  return key !== undefined && isRow(key, spaces.items)
}

function isUnlucky({ value }: Write): boolean {
  return value !== undefined && value.length % 5 === 0
}

function isLedgerEntry(key: Key): boolean {
  return isRow(key, spaces.ledger) && !isBesideEntry(key)
}

function memoryStoreOf(store: Store): MemoryStore {
  if (!isMemoryStore(store)) throw new Error('the lab keeps its data in memory stores')
  return store
}

function isMemoryStore(store: Store): store is MemoryStore {
  return 'committedView' in store
}
