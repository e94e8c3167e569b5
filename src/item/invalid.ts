/**
 * The outcome of checking something that a client sent: it cannot be accepted, and why, in DynamoDB's words.
 * Rooms below `api` return it; only `api` knows which exception it becomes.
 */
export interface Invalid {
  readonly invalid: string
  /** `serialization`: the JSON has the wrong shape (a number where text belongs). Otherwise the shape is right and the content is not. */
  readonly kind: 'serialization' | 'validation'
}

export function invalid(message: string): Invalid {
  return { invalid: message, kind: 'validation' }
}

export function invalidShape(message: string): Invalid {
  return { invalid: message, kind: 'serialization' }
}

export function isInvalid(outcome: unknown): outcome is Invalid {
  return typeof outcome === 'object' && outcome !== null && 'invalid' in outcome && 'kind' in outcome && typeof outcome.invalid === 'string'
}
