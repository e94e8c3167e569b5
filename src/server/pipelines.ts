import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * What is under way on each connection. `node:http` answers pipelined requests in order, but knows no limit of them, and answers what is
 * no HTTP at once, also while requests that came whole before it still wait for their answers.
 */
export class Pipelines {
  readonly #waitingMax: number
  readonly #byConnection = new WeakMap<Duplex, Pipeline>()

  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax
  }

  /** @returns false when too many requests of this connection wait for an answer already */
  admit(request: IncomingMessage, response: ServerResponse): boolean {
    const known = this.#byConnection.get(request.socket)
    if (known === undefined) {
      this.#byConnection.set(request.socket, { request, response, before: undefined, waiting: 0 })
      return true
    }
    const before = isOver(known.response) ? undefined : known.response
    known.request = request
    known.response = response
    known.before = before
    // Nothing listens to the usual request, which comes when the one before it is answered.
    if (before === undefined) return true
    known.waiting++
    response.once('close', () => known.waiting--)
    return known.waiting <= this.#waitingMax
  }

  isIdle(connection: Duplex): boolean {
    const known = this.#byConnection.get(connection)
    return known === undefined || isOver(known.response)
  }

  /** Runs it when all requests that came whole are answered. */
  whenAnswered(connection: Duplex, run: () => void): void {
    const known = this.#byConnection.get(connection)
    const last = known?.request.complete === true ? known.response : known?.before
    if (last === undefined || isOver(last)) run()
    else last.once('close', run)
  }
}

interface Pipeline {
  /** The one that came last. */
  request: IncomingMessage
  response: ServerResponse
  /** The answer before it, when it was not out yet. */
  before: ServerResponse | undefined
  waiting: number
}

function isOver(response: ServerResponse): boolean {
  return response.writableFinished || response.destroyed
}
