/**
 * A call that was understood and is not carried out, with the reason in DynamoDB's words. `api` gives it its exception name.
 *
 * `invalid`: what was asked cannot be; `in-use`: not while something else goes on; `not-found`: the table or Region does not exist;
 * `limit-exceeded`: a quota; `throttled`: not so soon again; `denied`: somebody does not permit it; `unavailable`: the Region does not answer.
 */
export interface Refusal {
  readonly refused: 'invalid' | 'in-use' | 'not-found' | 'limit-exceeded' | 'throttled' | 'denied' | 'unavailable'
  readonly message: string
}

export function refuse(refused: Refusal['refused'], message: string): Refusal {
  return { refused, message }
}

export function isRefusal(outcome: unknown): outcome is Refusal {
  return typeof outcome === 'object' && outcome !== null && 'refused' in outcome
}
