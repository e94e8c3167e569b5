import { operation } from '../operation.ts'
import { globalTableNotFound, noGlobalTable } from './legacy-version.ts'

interface Input {
  readonly GlobalTableName: string
}

export const describeGlobalTableSettings = operation<Input>((_context, { GlobalTableName }) =>
  Promise.resolve(globalTableNotFound(noGlobalTable(GlobalTableName))),
)
