import { shownPolicy } from '../../policy/policy-document.ts'
import { isWireError } from '../../wire-error.ts'
import { operation } from '../operation.ts'
import { attachedPolicy, findResource, noPolicy, policyResource } from './resource-policy.ts'

export const getResourcePolicy = operation<{ readonly ResourceArn: string }>(async (context, { ResourceArn }) => {
  const resource = policyResource(context, ResourceArn)
  if (isWireError(resource)) return resource
  const found = await findResource(context, resource)
  if (isWireError(found)) return found
  const attached = attachedPolicy(found.table, resource)
  return attached === undefined ? noPolicy(resource) : { Policy: shownPolicy(attached.document), RevisionId: attached.revisionId }
})
