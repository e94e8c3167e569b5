import type { Refusal } from '../engine/refusal.ts'
import { refuse } from '../engine/refusal.ts'

/** DynamoDB's words for what the control of tables and of replicas both refuse. */

export function tableNotFound(name: string): Refusal {
  return refuse('not-found', `Requested resource not found: Table: ${name} not found`)
}

export function beingChanged(): Refusal {
  return refuse('in-use', 'The resource which you are attempting to change is in use.')
}
