import type { Refusal } from '../../../engine/refusal.ts'
import { refuse } from '../../../engine/refusal.ts'
import type { StreamView, Table } from '../../../engine/table.ts'

/** The `StreamSpecification` of CreateTable and UpdateTable. */
export interface StreamInput {
  readonly StreamEnabled: boolean
  readonly StreamViewType?: StreamView
}

/** Texts observed on AWS. */
export function newStream(given: StreamInput | undefined): StreamView | undefined | Refusal {
  if (given === undefined) return undefined
  const { StreamEnabled: enabled, StreamViewType: view } = given
  if (enabled) return view ?? invalid('Table is being created with a stream enabled, UpdateViewType is required')
  return view === undefined ? undefined : invalid('Table is being created with a stream disabled, UpdateViewType should not be specified')
}

/** A stream's view cannot be changed: it is disabled, and another enabled. */
export function changedStream({ name, settings }: Table, given: StreamInput | undefined): StreamView | undefined | Refusal {
  if (given === undefined) return settings.stream
  if (given.StreamEnabled) {
    if (given.StreamViewType === undefined) return invalid('If stream is being enabled then UpdateViewType is required')
    return settings.stream === undefined
      ? given.StreamViewType
      : refuse('invalid', `Table already has an enabled stream: TableName: ${name}`)
  }
  if (given.StreamViewType !== undefined) return invalid('If stream is being disabled, then UpdateViewType must not be specified')
  return settings.stream === undefined ? refuse('invalid', `Table has no stream to disable: TableName: ${name}`) : undefined
}

function invalid(what: string): Refusal {
  return refuse('invalid', `One or more parameter values were invalid: ${what}`)
}
