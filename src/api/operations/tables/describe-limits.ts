import { operation } from '../operation.ts'
import { TABLE_UNITS_MAX } from './throughput-settings.ts'

/** The quotas of a new AWS account. Those for a table are held to, those for all tables together are not. */
export const describeLimits = operation<unknown>(async () => ({
  AccountMaxReadCapacityUnits: 80_000,
  AccountMaxWriteCapacityUnits: 80_000,
  TableMaxReadCapacityUnits: TABLE_UNITS_MAX,
  TableMaxWriteCapacityUnits: TABLE_UNITS_MAX,
}))
