import type { Item } from './values.ts'

/** The error that the model expects. It is thrown often, so it has no stack. */
export class Refused extends Error {
  readonly exception: string
  /** Undefined: the model knows only the exception. */
  readonly text: string | undefined
  readonly item: Item | undefined
  readonly reasons: readonly Reason[] | undefined

  constructor(exception: string, text?: string, more: { item?: Item | undefined; reasons?: readonly Reason[] } = {}) {
    super()
    this.exception = exception
    this.text = text
    this.item = more.item
    this.reasons = more.reasons
  }
}

/** Why a part of a transaction stands in its way. */
export interface Reason {
  readonly Code: string
  readonly Message?: string | undefined
  readonly Item?: Item | undefined
}

export function validation(text?: string): Refused {
  return new Refused('ValidationException', text)
}

/** What comes of it, a refusal too. */
export function outcomeOf<T extends object>(model: () => T): T | Refused {
  try {
    return model()
  } catch (error) {
    if (error instanceof Refused) return error
    throw error
  }
}
