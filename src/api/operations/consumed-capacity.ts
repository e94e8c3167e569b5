/** How operations report the capacity that they consumed (shapes as measured on AWS). */
export type ReturnConsumedCapacity = 'NONE' | 'TOTAL' | 'INDEXES' | undefined

export interface ConsumedCapacity {
  readonly TableName: string
  readonly CapacityUnits: number
  readonly Table?: { readonly CapacityUnits: number }
}

/** @param given the table as the client named it: a name, or an ARN, which is then reported back */
export function consumedCapacity(wanted: ReturnConsumedCapacity, given: string, units: number): ConsumedCapacity | undefined {
  switch (wanted) {
    case undefined:
    case 'NONE':
      return undefined
    case 'TOTAL':
      return { TableName: given, CapacityUnits: units }
    case 'INDEXES':
      return { TableName: given, CapacityUnits: units, Table: { CapacityUnits: units } }
  }
}
