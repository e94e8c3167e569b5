import type { ConflictReport } from '../admin/wire.ts'
import type { VirtualTime } from '../base/virtual-time.ts'
import type { FaultKind } from '../world/fault.ts'
import type { Answer, Call } from './in-process-handler.ts'

/** What happened in a run, a line for each thing, with the time since the actors began. */
export class Story {
  readonly lines: string[] = []
  readonly #time: VirtualTime
  #beganMs = 0

  constructor(time: VirtualTime) {
    this.#time = time
  }

  begin(): void {
    this.#beganMs = this.#time.monotonicMs()
  }

  request(actor: { readonly name: string }, { region, operation, input }: Call, { status, body }: Answer): void {
    this.#add(
      `${actor.name} in ${region}: ${operation} ${shorten(show(theTelling(input)))} → ${shorten(status === 200 ? showAnswer(body) : errorOf(body))}`,
    )
  }

  gaveUp(actor: { readonly name: string }, error: unknown): void {
    this.#add(`${actor.name} gave up: ${error instanceof Error ? `${error.name} ${error.message}` : String(error)}`)
  }

  fault(fault: FaultKind): void {
    this.#add(`fault: ${describe(fault)}`)
  }

  healed(fault: FaultKind): void {
    this.#add(`healed: ${describe(fault)}`)
  }

  lost({ table, loser, winner, lostAttributes, harmless }: ConflictReport): void {
    const write = ({ region, item }: ConflictReport['loser']): string => `${region}'s ${item === null ? 'delete' : shorten(show(item))}`
    this.#add(
      `lost in ${table}: ${write(loser)}; kept: ${write(winner)}; ${harmless ? 'both made the same' : `they differ in ${lostAttributes.join(', ')}`}`,
    )
  }

  #add(line: string): void {
    this.lines.push(`${(this.#time.monotonicMs() - this.#beganMs).toFixed(0).padStart(6)} ms  ${line}`)
  }
}

function describe(fault: FaultKind): string {
  switch (fault.kind) {
    case 'partition':
      return `${fault.between.join(' and ')} cannot reach each other`
    case 'latency':
      return `${fault.from} to ${fault.to} takes ${fault.ms} ms`
    case 'skew':
      return `the clock of ${fault.region} is ${Math.abs(fault.ms)} ms ${fault.ms < 0 ? 'behind' : 'ahead'}`
    case 'pause':
      return `replication${fault.table === undefined ? '' : ` of ${fault.table}`} into and out of ${fault.region} stands still`
    case 'outage':
      return `${fault.region} answers nobody`
    case 'throttle':
      return `requests in ${fault.region} are throttled, at a rate of ${fault.rate}`
    case 'error':
      return `requests in ${fault.region} ${fault.applied ? 'are carried out and answered by an error' : 'fail'}, at a rate of ${fault.rate}`
    case 'slow':
      return `requests in ${fault.region} take ${fault.p50Ms} to ${fault.p99Ms} ms longer, at a rate of ${fault.rate}`
    case 'index-lag':
      return `global indexes in ${fault.region} show what was ${fault.ms} ms ago`
    case 'stale':
      return `eventually consistent reads in ${fault.region} see what was ${fault.ms} to ${fault.ms + fault.jitterMs} ms ago, at a rate of ${fault.rate}`
    case 'crash':
      return `${fault.region} is down`
  }
}

/** What is asked for first, how it is said afterwards; names alone tell nothing. */
function theTelling(input: unknown): unknown {
  const { Key, Item, ExpressionAttributeValues, ...rest } = input as Readonly<Record<string, unknown>>
  const { TableName: _table, ExpressionAttributeNames: _names, ...how } = rest
  return { ...(Key === undefined ? {} : { Key }), ...(Item === undefined ? {} : { Item }), ...(ExpressionAttributeValues ?? {}), ...how }
}

/** JSON without what only a parser needs. */
function show(value: unknown): string {
  return JSON.stringify(value).replaceAll(/"([\w:#]+)":/g, '$1: ')
}

function showAnswer(body: Uint8Array): string {
  const answer: unknown = JSON.parse(new TextDecoder().decode(body))
  return show(answer) === '{}' ? 'done' : show(answer)
}

function errorOf(body: Uint8Array): string {
  const { message } = JSON.parse(new TextDecoder().decode(body)) as { message?: string }
  return `${errorName(body)}${message === undefined ? '' : `: ${message}`}`
}

/** The exception in the body of an error. */
export function errorName(body: Uint8Array): string {
  const { __type = '' } = JSON.parse(new TextDecoder().decode(body)) as { __type?: string }
  return __type.slice(__type.indexOf('#') + 1)
}

const shownMax = 240

function shorten(text: string): string {
  return text.length <= shownMax ? text : `${text.slice(0, shownMax)}…`
}
