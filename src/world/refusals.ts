import type { Refusal } from '../engine/refusal.ts'
import { refuse } from '../engine/refusal.ts'
import type { Table, TableStatus } from '../engine/table.ts'

/** DynamoDB's words for what the control of tables and of replicas both refuse. */

export function tableNotFound(name: string): Refusal {
  return refuse('not-found', `Requested resource not found: Table: ${name} not found`)
}

export function beingChanged(): Refusal {
  return refuse('in-use', 'The resource which you are attempting to change is in use.')
}

export function stillInUse({ name }: Table, status: TableStatus): Refusal {
  const doing = status === 'CREATING' ? 'created' : status === 'DELETING' ? 'deleted' : 'updated'
  return refuse('in-use', `Attempt to change a resource which is still in use: Table is being ${doing}: ${name}`)
}
