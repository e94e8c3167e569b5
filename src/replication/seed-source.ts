import type { Cancel, Scheduler } from '../base/scheduler.ts'
import { spaceRange, spaces, suffixOf } from '../engine/keyspace.ts'
import type { Snapshot, Store } from '../storage/store.ts'
import type { Message, SeedPage, SeedRequest } from './messages.ts'
import type { Incarnation } from './dot.ts'
import { readOwners } from './owners.ts'
import type { ReplicaRow } from './replica-row.ts'
import { decodeReplicaRow } from './replica-row.ts'
import { replicaRowKey } from './rows.ts'

/**
 * Serves state transfers to new replicas, each from one flushed snapshot that stays still while writes go on [REP-33]. The receiver sets the
 * pace; a transfer that nobody asks about for a while is let go, and its receiver begins again.
 */
export class SeedSource {
  readonly #region: string
  readonly #store: Store
  readonly #scheduler: Scheduler
  readonly #transferById = new Map<string, Transfer>()

  constructor(store: Store, scheduler: Scheduler, region: string) {
    this.#region = region
    this.#store = store
    this.#scheduler = scheduler
  }

  /** The pages that are asked for, or that the transfer is lost; nothing while there is no room. */
  async *answer(request: SeedRequest, tableNumber: number): AsyncGenerator<Message> {
    const { transfer: id, globalId, after } = request
    let transfer = this.#transferById.get(id)
    if (transfer === undefined) {
      if (after !== undefined) {
        yield { kind: 'seed-lost', globalId, transfer: id }
        return
      }
      // Not answered, so that the receiver asks again after a while; to be told that it is lost would make it begin again at once.
      if (!this.#makeRoom()) return
      transfer = { snapshot: this.#store.snapshot(), served: false, cancelExpiry: () => undefined }
      this.#transferById.set(id, transfer)
    }
    let from = after
    for (let pages = Math.min(request.pages, pagesAtOnceMax); pages > 0; pages--) {
      this.#expireLater(id, transfer)
      const page = await pageOf(await transfer.snapshot, { ...request, after: from }, tableNumber, this.#region)
      if (page === undefined || this.#transferById.get(id) !== transfer) return
      if (page.last) transfer.served = true
      yield page
      if (page.last) return
      from = page.cells.at(-1)?.itemKey
    }
  }

  /** A transfer whose last page was sent is kept only as long as nobody else needs its place. */
  #makeRoom(): boolean {
    if (this.#transferById.size < transfersMax) return true
    for (const [id, { served }] of this.#transferById) {
      if (!served) continue
      this.end(id)
      return true
    }
    return false
  }

  close(): void {
    for (const id of this.#transferById.keys()) this.end(id)
  }

  #expireLater(id: string, transfer: Transfer): void {
    transfer.cancelExpiry()
    transfer.cancelExpiry = this.#scheduler.after(idleMsMax, () => this.end(id))
  }

  /** Lets go of a transfer's snapshot, which until then keeps every page that is written meanwhile from being used again. */
  end(id: string): void {
    const transfer = this.#transferById.get(id)
    if (transfer === undefined) return
    this.#transferById.delete(id)
    transfer.cancelExpiry()
    transfer.snapshot.then(
      (snapshot) => snapshot.close(),
      () => undefined, // it was never taken, and whoever asked for it was told so
    )
  }
}

interface Transfer {
  /** A promise, so that two requests that come at once share one. */
  readonly snapshot: Promise<Snapshot>
  served: boolean
  cancelExpiry: Cancel
}

/** Snapshots held open at once; each keeps old pages from being used again. */
const transfersMax = 16
/** Longer than a receiver waits before it asks again. */
const idleMsMax = 120_000
/** However many are asked for: what is sent ahead lies in the receiver's memory. */
const pagesAtOnceMax = 16
const pageLimit = { entriesMax: 1000, bytesMax: 1 << 20 }

/** Its own logs are its Region's. */
async function ownersIn(snapshot: Snapshot, tableNumber: number, row: ReplicaRow, region: string): Promise<Record<Incarnation, string>> {
  const owners = Object.fromEntries(await readOwners(snapshot, tableNumber))
  for (const incarnation of row.ours) owners[incarnation] = region
  return owners
}

async function pageOf(snapshot: Snapshot, request: SeedRequest, tableNumber: number, region: string): Promise<SeedPage | undefined> {
  const encoded = await snapshot.get(replicaRowKey(tableNumber))
  if (encoded === undefined) return undefined
  const row = decodeReplicaRow(encoded)
  const from = request.after === undefined ? undefined : Buffer.concat([request.after, Uint8Array.of(0)])
  const page = await snapshot.page(spaceRange(tableNumber, spaces.items, from), pageLimit)
  return {
    kind: 'seed-page',
    globalId: request.globalId,
    transfer: request.transfer,
    after: request.after,
    cells: page.entries.map(({ key, value }) => ({ itemKey: suffixOf(key), cell: value })),
    cursors: row.cursors,
    epoch: row.epoch,
    owners: page.more ? {} : await ownersIn(snapshot, tableNumber, row, region),
    itemCount: row.itemCount,
    last: !page.more,
  }
}
