import type { Decimal } from './money.ts'
import type { Meter, Price } from './price-book.ts'
import type { Cause } from './usage.ts'

/** One line of a month's bill. */
export interface BillLine {
  readonly region: string
  /** Empty: of the Region as a whole. */
  readonly table: string
  readonly index?: string | undefined
  readonly cause: Cause
  readonly meter: Meter
  /** Of what the meter counts: requests, unit-hours, GB. */
  readonly quantity: Decimal
  readonly price: Price
  readonly usd: Decimal
}

/** What of a table or index is provisioned together, hour by hour of a day. */
export interface ProvisionedUnits {
  readonly region: string
  readonly meter: Meter
  readonly capacity: readonly Decimal[]
  readonly price: Price
}
