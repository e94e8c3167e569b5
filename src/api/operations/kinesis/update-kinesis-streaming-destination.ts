import { isWireError, validationError } from '../../wire-error.ts'
import type { DestinationInput, Precision } from './kinesis-destination.ts'
import { activeDestination, changeDestinations, invalidState, replaced } from './kinesis-destination.ts'
import { operation } from '../operation.ts'

interface Input extends DestinationInput {
  readonly UpdateKinesisStreamingConfiguration?: Precision
}

export const updateKinesisStreamingDestination = operation<Input>(async (context, input) => {
  const { TableName, StreamArn, UpdateKinesisStreamingConfiguration: configuration } = input
  const precision = configuration?.ApproximateCreationDateTimePrecision
  if (precision === undefined) {
    return validationError(
      'Streaming destination cannot be updated with given parameters: ' +
        'UpdateKinesisStreamingConfiguration cannot be null or contain only null values',
    )
  }
  const table = await changeDestinations(context, TableName, (destinations, { id, name }) => {
    const active = activeDestination(destinations, StreamArn)
    if (active === undefined) {
      return invalidState(`Kinesis streaming is not in ACTIVE state. Updates are only allowed in ACTIVE state. TableName: ${name}`)
    }
    if ((active.precision ?? 'MILLISECOND') === precision) {
      return validationError(
        `Invalid Request: Precision is already set to the desired value of ${precision} for tableId: ${id}, kdsArn: ${StreamArn}`,
      )
    }
    return replaced(destinations, active, { ...active, precision })
  })
  if (isWireError(table)) return table
  return { TableName: table.name, StreamArn, DestinationStatus: 'UPDATING', UpdateKinesisStreamingConfiguration: configuration }
})
