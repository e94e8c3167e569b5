import { isRefusal } from '../../../engine/refusal.ts'
import type { Destination, Table } from '../../../engine/table.ts'
import type { WireError } from '../../wire-error.ts'
import { fromRefusal, isWireError, resourceNotFound, validationError } from '../../wire-error.ts'
import type { CallContext } from '../operation.ts'
import { isReplicaInMaking, tableNameOf } from '../table-lookup.ts'

/** What the operations on Kinesis destinations have in common. Their texts were observed on AWS, 2026-10; the stream is not looked at by any of them. */
export interface DestinationInput {
  readonly TableName: string
  readonly StreamArn: string
}

export interface Precision {
  readonly ApproximateCreationDateTimePrecision?: Destination['precision']
}

export async function destinationTable(context: CallContext, given: string): Promise<Table | WireError> {
  const name = tableNameOf(context, given)
  if (typeof name !== 'string') return name
  const engine = await context.controlPlane.engine(context.region)
  if (isRefusal(engine)) return fromRefusal(engine)
  const table = engine.table(name)
  return table === undefined || isReplicaInMaking(table) ? tableMissing(name) : table
}

/** Changes the table's destinations, as `change` says or refuses. */
export async function changeDestinations(
  context: CallContext,
  given: string,
  change: (destinations: readonly Destination[], table: Table, atMs: number) => readonly Destination[] | WireError,
): Promise<Table | WireError> {
  const table = await destinationTable(context, given)
  if (isWireError(table)) return table
  const engine = await context.controlPlane.engine(context.region)
  if (isRefusal(engine)) return fromRefusal(engine)
  let refused: WireError | undefined
  const changed = await engine.changeTable(table.name, (now, atMs) => {
    const destinations = change(now.own.destinations ?? [], now, atMs)
    refused = isWireError(destinations) ? destinations : undefined
    return isWireError(destinations) ? {} : { own: { ...now.own, destinations: destinations.slice(0, DESTINATIONS_MAX) } }
  })
  return refused ?? changed ?? tableMissing(table.name)
}

/** Those that ended are told of as long as there are not too many. */
const DESTINATIONS_MAX = 20

export function activeDestination(destinations: readonly Destination[], streamArn: string): Destination | undefined {
  return destinations.find(({ target, status }) => target === streamArn && status === 'ACTIVE')
}

export function replaced(destinations: readonly Destination[], old: Destination, by: Destination): readonly Destination[] {
  return destinations.map((each) => (each === old ? by : each))
}

export function invalidState(what: string): WireError {
  return validationError(`Table is not in a valid state to enable Kinesis Streaming Destination: ${what}`)
}

function tableMissing(name: string): WireError {
  return resourceNotFound(`Requested resource not found: Table: ${name} not found`)
}
