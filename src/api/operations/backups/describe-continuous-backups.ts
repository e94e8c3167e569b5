import { isWireError } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { backedUpTable } from './backed-up-table.ts'
import { describeContinuous } from './continuous-backups.ts'

export const describeContinuousBackups = operation<{ readonly TableName: string }>(async (context, { TableName }) => {
  const found = await backedUpTable(context, TableName)
  return isWireError(found) ? found : describeContinuous(found.engine, found.table)
})
