import { isLive } from '../../../engine/table.ts'
import { isWireError } from '../../wire-error.ts'
import type { DestinationInput, Precision } from './kinesis-destination.ts'
import { changeDestinations, invalidState } from './kinesis-destination.ts'
import { operation } from '../operation.ts'

interface Input extends DestinationInput {
  readonly EnableKinesisStreamingConfiguration?: Precision
}

/** One destination at a time: a second is refused while one is on its way or on (observed on AWS, 2026-10). Whether the stream can be used turns out later, and DescribeKinesisStreamingDestination tells. */
export const enableKinesisStreamingDestination = operation<Input>(async (context, input) => {
  const { TableName, StreamArn, EnableKinesisStreamingConfiguration: configuration } = input
  const table = await changeDestinations(context, TableName, (destinations, _table, atMs) => {
    if (destinations.some(isLive)) {
      return invalidState('EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE operation.')
    }
    const precision = configuration?.ApproximateCreationDateTimePrecision
    const enabled = { target: StreamArn, status: 'ENABLING', failure: undefined, sinceMs: atMs, precision } as const
    return [enabled, ...destinations.filter(({ target }) => target !== StreamArn)]
  })
  if (isWireError(table)) return table
  return { TableName: table.name, StreamArn, DestinationStatus: 'ENABLING', EnableKinesisStreamingConfiguration: configuration }
})
