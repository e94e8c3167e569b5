import { operation } from '../operation.ts'
import { globalTableNotFound, noGlobalTable } from './legacy-version.ts'

interface Input {
  readonly GlobalTableName: string
}

export const updateGlobalTableSettings = operation<Input>((_context, { GlobalTableName }) =>
  Promise.resolve(globalTableNotFound(noGlobalTable(GlobalTableName))),
)
