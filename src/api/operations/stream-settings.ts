import type { Refusal } from '../../engine/refusal.ts'
import { isRefusal, refuse } from '../../engine/refusal.ts'
import type { StreamView, Table } from '../../engine/table.ts'

/** The `StreamSpecification` of CreateTable and UpdateTable. */
export interface StreamInput {
  readonly StreamEnabled: boolean
  readonly StreamViewType?: StreamView
}

/** Texts observed on AWS, but for the missing view type. */
export function newStream(given: StreamInput | undefined): StreamView | undefined | Refusal {
  if (given?.StreamEnabled !== false) return viewOf(given)
  if (given.StreamViewType === undefined) return undefined
  return invalid('Table is being created with a stream disabled, UpdateViewType should not be specified')
}

/** A stream's view cannot be changed: it is disabled, and another enabled. */
export function changedStream({ name, settings }: Table, given: StreamInput | undefined): StreamView | undefined | Refusal {
  if (given === undefined) return settings.stream
  if (given.StreamEnabled) {
    const view = viewOf(given)
    return settings.stream === undefined || isRefusal(view)
      ? view
      : refuse('invalid', `Table already has an enabled stream: TableName: ${name}`)
  }
  if (given.StreamViewType !== undefined) return invalid('If stream is being disabled, then UpdateViewType must not be specified')
  return settings.stream === undefined ? refuse('invalid', `Table has no stream to disable: TableName: ${name}`) : undefined
}

function viewOf(given: StreamInput | undefined): StreamView | undefined | Refusal {
  if (given === undefined || given.StreamViewType !== undefined) return given?.StreamViewType
  // A guess, after the text for a stream that is being disabled.
  return invalid('If stream is being enabled, then UpdateViewType must be specified')
}

function invalid(what: string): Refusal {
  return refuse('invalid', `One or more parameter values were invalid: ${what}`)
}
