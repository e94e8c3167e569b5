import { isWireError } from '../../wire-error.ts'
import { destinationTable } from './kinesis-destination.ts'
import { operation } from '../operation.ts'

/** The newest first; those that ended too. A precision that nobody set is not told. */
export const describeKinesisStreamingDestination = operation<{ readonly TableName: string }>(async (context, { TableName }) => {
  const table = await destinationTable(context, TableName)
  if (isWireError(table)) return table
  return {
    TableName: table.name,
    KinesisDataStreamDestinations: (table.own.destinations ?? []).map(({ target, status, failure, precision }) => ({
      StreamArn: target,
      DestinationStatus: status,
      DestinationStatusDescription: failure,
      ApproximateCreationDateTimePrecision: precision,
    })),
  }
})
