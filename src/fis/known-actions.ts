/** The actions and resource types of FIS that are here; AWS has many more, for other services. */
export interface KnownAction {
  readonly description: string
  readonly parameters: Readonly<Record<string, { readonly description: string; readonly required: boolean }>>
  readonly targets: Readonly<Record<string, { readonly resourceType: string }>>
}

export const globalTable = 'aws:dynamodb:global-table'
export const pauseReplication = 'aws:dynamodb:global-table-pause-replication'
export const wait = 'aws:fis:wait'

const duration = { description: 'How long the action lasts (ISO 8601 duration).', required: true }

export const knownActions: Readonly<Record<string, KnownAction>> = {
  [pauseReplication]: {
    description: 'Pauses replication of the target global tables into and out of this Region.',
    parameters: { duration },
    targets: { Tables: { resourceType: globalTable } },
  },
  [wait]: { description: 'Waits.', parameters: { duration }, targets: {} },
}

export const knownResourceTypes: Readonly<Record<string, { readonly description: string }>> = {
  [globalTable]: { description: 'An Amazon DynamoDB global table' },
}

/** AWS takes durations up to twelve hours, from one minute on. Shorter ones are taken here, so that a test need not wait. */
export const durationMsMax = 12 * 3600 * 1000
