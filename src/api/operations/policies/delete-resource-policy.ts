import type { WireError } from '../../wire-error.ts'
import { isWireError } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { attachedPolicy, findResource, missingTable, policyResource, unexpectedRevision, withPolicy } from './resource-policy.ts'

interface Input {
  readonly ResourceArn: string
  readonly ExpectedRevisionId?: string
}

/** The answer names the revision that was removed; where there was none, it is empty. */
export const deleteResourcePolicy = operation<Input>(async (context, { ResourceArn, ExpectedRevisionId }) => {
  const resource = policyResource(context, ResourceArn)
  if (isWireError(resource)) return resource
  const found = await findResource(context, resource)
  if (isWireError(found)) return found
  let outcome: { readonly refused?: WireError; readonly revisionId?: string } = {}
  const changed = await found.engine.changeTable(resource.tableName, (table) => {
    const current = attachedPolicy(table, resource)
    const refused = unexpectedRevision(resource, current, ExpectedRevisionId)
    outcome = refused !== undefined ? { refused } : current === undefined ? {} : { revisionId: current.revisionId }
    return refused !== undefined || current === undefined ? {} : { own: withPolicy(table, resource, undefined) }
  })
  if (changed === undefined) return missingTable(resource)
  return outcome.refused ?? { RevisionId: outcome.revisionId }
})
