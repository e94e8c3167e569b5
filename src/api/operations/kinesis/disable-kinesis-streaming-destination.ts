import { isWireError, validationError } from '../../wire-error.ts'
import type { DestinationInput } from './kinesis-destination.ts'
import { activeDestination, changeDestinations, invalidState, replaced } from './kinesis-destination.ts'
import { operation } from '../operation.ts'

interface Input extends DestinationInput {
  readonly EnableKinesisStreamingConfiguration?: object
}

/** Nothing is delivered from then on. What precision was set is forgotten. */
export const disableKinesisStreamingDestination = operation<Input>(async (context, input) => {
  const { TableName, StreamArn } = input
  if (input.EnableKinesisStreamingConfiguration !== undefined) {
    return validationError('Stream cannot be disabled using EnableKinesisStreamingConfiguration parameters')
  }
  const table = await changeDestinations(context, TableName, (destinations) => {
    const active = activeDestination(destinations, StreamArn)
    if (active === undefined) return invalidState('KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.')
    return replaced(destinations, active, { ...active, status: 'DISABLED', precision: undefined })
  })
  return isWireError(table) ? table : { TableName: table.name, StreamArn, DestinationStatus: 'DISABLING' }
})
