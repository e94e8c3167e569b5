import type { ServerResponse } from 'node:http'
import type { Cancel, Scheduler } from '../base/scheduler.ts'
import type { Faults } from '../world/faults.ts'
import type { World } from '../world/world.ts'
import { reportFault } from './fault-body.ts'
import { Rejection } from './reply.ts'
import { stateOf } from './region-state.ts'
import { replicasOf } from './replication-state.ts'
import type { EventData, EventName } from './wire.ts'

/**
 * Server-sent events. Faults and conflicts are told when they happen. What heals by itself and the states of Regions and replicas give no notice; they are
 * in memory, and are compared a few times a second while somebody listens. A new listener is told the present state first.
 */
export class Events {
  readonly #world: World
  readonly #faults: Faults
  readonly #scheduler: Scheduler
  readonly #listeners = new Set<ServerResponse>()
  readonly #lastByName = new Map<EventName, string>()
  #cancelLook: Cancel | undefined
  #quietMs = 0

  constructor(world: World, faults: Faults, scheduler: Scheduler) {
    this.#world = world
    this.#faults = faults
    this.#scheduler = scheduler
  }

  /** Keeps the response open until the client or {@link close} ends it. */
  subscribe(response: ServerResponse): void {
    if (this.#listeners.size >= listenersMax) throw new Rejection(503, `More than ${listenersMax} listeners.`)
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' })
    for (const [name, data] of this.#state()) response.write(frame(name, data))
    this.#listeners.add(response)
    response.once('close', () => this.#listeners.delete(response))
    this.#lookLater()
  }

  /** A Region found writes that lost. */
  conflictsFound(data: EventData['conflicts']): void {
    this.#send('conflicts', JSON.stringify(data))
  }

  /** Something may have changed. */
  look(): void {
    if (this.#listeners.size === 0) return
    for (const [name, data] of this.#state()) {
      if (this.#lastByName.get(name) === data) continue
      this.#lastByName.set(name, data)
      this.#send(name, data)
    }
  }

  close(): void {
    this.#cancelLook?.()
    for (const listener of this.#listeners) listener.end()
  }

  #lookLater(): void {
    if (this.#cancelLook !== undefined) return
    this.#cancelLook = this.#scheduler.after(lookMs, () => {
      this.#cancelLook = undefined
      if (this.#listeners.size === 0) return
      this.#quietMs += lookMs
      this.look()
      if (this.#quietMs >= heartbeatMs) this.#write(': still here\n\n')
      this.#lookLater()
    })
  }

  #state(): readonly (readonly [EventName, string])[] {
    const faults: EventData['faults'] = { faults: this.#faults.list().map(reportFault) }
    const regions: EventData['regions'] = { regions: this.#world.regions().map(stateOf) }
    const replicas: EventData['replicas'] = {
      tables: this.#world.globalTables().map((table) => ({ table: table.name, replicas: replicasOf(this.#world, table) })),
    }
    return [
      ['faults', JSON.stringify(faults)],
      ['regions', JSON.stringify(regions)],
      ['replicas', JSON.stringify(replicas)],
    ]
  }

  #send(name: EventName, data: string): void {
    this.#write(frame(name, data))
  }

  #write(text: string): void {
    this.#quietMs = 0
    for (const listener of this.#listeners) {
      // One that does not read is let go of; it may come back and is told the present state.
      if (listener.writableLength > unreadBytesMax) listener.destroy()
      else listener.write(text)
    }
  }
}

function frame(name: EventName, data: string): string {
  return `event: ${name}\ndata: ${data}\n\n`
}

const listenersMax = 64
const unreadBytesMax = 1 << 20
const lookMs = 200
const heartbeatMs = 15_000
