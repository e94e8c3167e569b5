import { operation } from './operation.ts'

/** The quotas of a new AWS account. Nothing here enforces them. */
export const describeLimits = operation<unknown>(async () => ({
  AccountMaxReadCapacityUnits: 80_000,
  AccountMaxWriteCapacityUnits: 80_000,
  TableMaxReadCapacityUnits: 40_000,
  TableMaxWriteCapacityUnits: 40_000,
}))
