import { accountOf, regionOf } from '../../../base/account-region.ts'
import type { AttachedPolicy } from '../../../engine/table.ts'
import { judgeAccess } from '../../authorize.ts'
import { anybody } from '../../caller.ts'
import type { Policy } from '../../policy/policy.ts'
import { parsePolicy } from '../../policy/policy-document.ts'
import type { WireError } from '../../wire-error.ts'
import { accessDenied, isWireError, validationError } from '../../wire-error.ts'
import type { CallContext } from '../operation.ts'
import { operation } from '../operation.ts'
import type { PolicyResource } from './resource-policy.ts'
import {
  attachedPolicy,
  findResource,
  missingTable,
  nextRevision,
  policyResource,
  unexpectedRevision,
  withPolicy,
} from './resource-policy.ts'

interface Input {
  readonly ResourceArn: string
  readonly Policy: string
  readonly ExpectedRevisionId?: string
  readonly ConfirmRemoveSelfResourceAccess?: boolean
}

/** The same policy again changes nothing, not even the revision. */
export const putResourcePolicy = operation<Input>(async (context, input) => {
  const resource = policyResource(context, input.ResourceArn)
  if (isWireError(resource)) return resource
  const parsed = parsePolicy(input.Policy, resource.kind)
  if ('problem' in parsed) return validationError(parsed.problem)
  const found = await findResource(context, resource)
  if (isWireError(found)) return found
  const locked = input.ConfirmRemoveSelfResourceAccess === true ? undefined : lockout(context, resource, parsed.policy)
  if (locked !== undefined) return locked

  let outcome: { readonly refused?: WireError; readonly attached?: AttachedPolicy } = {}
  const changed = await found.engine.changeTable(resource.tableName, (table) => {
    const current = attachedPolicy(table, resource)
    const refused = unexpectedRevision(resource, current, input.ExpectedRevisionId)
    outcome = refused !== undefined ? { refused } : current?.document === parsed.canonical ? { attached: current } : {}
    if (refused !== undefined || outcome.attached !== undefined) return {}
    const attached = { document: parsed.canonical, revisionId: nextRevision(current, context.nowMs) }
    outcome = { attached }
    return { own: withPolicy(table, resource, attached) }
  })
  if (changed === undefined) return missingTable(resource)
  return outcome.refused ?? { RevisionId: outcome.attached?.revisionId }
})

/** Who would no longer be able to replace the policy has to confirm it. That they could no longer delete it is not looked at (observed, 2026-10). */
function lockout(context: CallContext, resource: PolicyResource, policy: Policy): WireError | undefined {
  const { region, nowMs, caller = anybody } = context
  const access = {
    action: 'PutResourcePolicy',
    region: regionOf(region),
    account: accountOf(region),
    resource: resource.arn.slice(resource.arn.indexOf('table/')),
  }
  if (judgeAccess(policy, access, caller, undefined, nowMs) !== 'deny') return undefined
  return accessDenied('The new resource policy will not allow you to update the resource policy in the future.')
}
