import { validationError } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { globalTableNotFound, noGlobalTable, versionNotSupported } from './legacy-version.ts'

interface Input {
  readonly GlobalTableName: string
  readonly ReplicaUpdates: readonly { readonly Create?: object; readonly Delete?: object }[]
}

/** An element without an action is taken for none that creates, which is a guess. */
export const updateGlobalTable = operation<Input>(({ region }, { GlobalTableName, ReplicaUpdates }) => {
  if (ReplicaUpdates.length === 0) return Promise.resolve(validationError('One or more parameter values were invalid'))
  if (ReplicaUpdates.some(({ Create }) => Create !== undefined)) return Promise.resolve(versionNotSupported(region))
  return Promise.resolve(globalTableNotFound(noGlobalTable(GlobalTableName)))
})
