import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Credentials } from '../api/credentials.ts'
import { openRestJson } from '../api/rest-json.ts'
import type { Fis } from './fis.ts'
import { FisRefusal } from './refusal.ts'
import { answerFis, firstPieces } from './routes.ts'

/**
 * FIS over HTTP (REST JSON), on the same port as DynamoDB: the two have no path in common. Requests are signed for the service `fis`; where nobody is asked for
 * keys they must still look so, which no page in a browser can make them.
 */
export interface FisHttp {
  owns(this: void, url: string): boolean
  handle(this: void, request: IncomingMessage, response: ServerResponse): void
}

export interface FisHttpOptions {
  readonly fis: Fis
  readonly credentials: Credentials | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export function createFisHttp({ fis, ...options }: FisHttpOptions): FisHttp {
  const edge = openRestJson({
    ...options,
    service: 'fis',
    async answer(call) {
      try {
        return { status: 200, body: await answerFis(fis, call) }
      } catch (error) {
        if (!(error instanceof FisRefusal)) throw error
        return { status: error.status, error: error.name, body: { message: error.message } }
      }
    },
  })
  return { owns: (url) => firstPieces.has(url.split(/[/?]/, 2)[1] ?? ''), handle: edge }
}
