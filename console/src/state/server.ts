import { computed, signal } from '@preact/signals'
import type { EventData, FaultReport, Health, ReplicationReply } from '../../../src/admin/wire.ts'
import { asksFor } from '../server/access-keys.ts'
import { Refused, get } from '../server/admin.ts'
import type { ServerEvent } from '../server/events.ts'
import { readEvents } from '../server/events.ts'
import { remember } from './history.ts'
import { tell } from './notices.ts'

/** The server as this page knows it: told by its events, and by one look at its replication a second. */
export const connection = signal<'connecting' | 'live' | 'lost'>('connecting')
export const health = signal<Health | undefined>(undefined)
export const faults = signal<readonly FaultReport[]>([])
export const regions = signal<EventData['regions']['regions']>([])
export const replicas = signal<EventData['replicas']['tables']>([])
export const replication = signal<ReplicationReply | undefined>(undefined)
/** Writes that lost since this page was opened: what says that the ledger is worth another look. */
export const conflictsFound = signal(0)
/** Of them, those that nobody looked at yet. */
export const conflictsUnseen = signal(0)

export const regionNames = computed(() => regions.value.map(({ name }) => name))

type Listener = (event: ServerEvent) => void
const listeners = new Set<Listener>()

/** Hears every event until the function that it returns is called. */
export function listen(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Looks and listens for as long as the page is open, and comes back after each interruption. */
export function follow(): void {
  void followEvents()
  void followReplication()
}

async function followEvents(): Promise<void> {
  for (let failures = 0; ;) {
    try {
      await readEvents(
        'events',
        new AbortController().signal,
        () => {
          failures = 0
          connection.value = 'live'
          asksFor.value = asksFor.value === 'token' ? undefined : asksFor.value
          void get<Health>('health').then((found) => (health.value = found), ignored)
        },
        receive,
      )
    } catch (error) {
      failures++
      // One that asks for a token is there; the sign-in dialog says what it wants.
      if (error instanceof Refused && error.status === 401) connection.value = 'connecting'
      else connection.value = 'lost'
      await elapsed(Math.min(500 * 2 ** Math.min(failures, 4), 5000))
      continue
    }
    connection.value = 'lost'
    await elapsed(500)
  }
}

async function followReplication(): Promise<void> {
  for (;;) {
    if (!document.hidden && connection.value === 'live') await lookAtReplication().catch(ignored)
    await elapsed(1000)
  }
}

async function lookAtReplication(): Promise<void> {
  const found = await get<ReplicationReply>('replication')
  remember(found)
  replication.value = found
}

function receive(event: ServerEvent): void {
  switch (event.name) {
    case 'faults':
      faults.value = event.data.faults
      break
    case 'regions':
      regions.value = event.data.regions
      break
    case 'replicas':
      replicas.value = event.data.tables
      break
    case 'conflicts':
      conflictsFound.value += event.data.found
      conflictsUnseen.value += event.data.found
      tell(
        `${event.data.region} found ${event.data.found === 1 ? 'a write' : `${event.data.found} writes`} of ${event.data.table} that lost.`,
        'warn',
        '#/conflicts',
      )
      break
  }
  for (const listener of listeners) listener(event)
}

/** The connection's state says it already. */
function ignored(): void {
  return undefined
}

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
