import type { Credential, Rule } from './credentials.ts'
import { arnOf } from './caller.ts'
import type { PolicyVerdict } from './policy/policy.ts'
import type { Access } from './requested-access.ts'
import type { WireError } from './wire-error.ts'
import { accessDenied } from './wire-error.ts'

/**
 * Whether a key may do something, by IAM's order (IAM user guide, "Policy evaluation logic" and "Cross-account policy evaluation logic"): a
 * deny anywhere decides. Then, in the account of the resource, an allow in either policy is enough; a key of another account needs
 * both. What nobody mentions is denied. The texts are those of IAM ("Troubleshoot access denied error messages").
 */
export type Verdict = 'allow' | 'deny' | 'silent'

/**
 * Why a key may not do this; undefined when it may.
 * @param resourcePolicy what the policy says that is attached to the resource, if there is one
 */
export function denial(credential: Credential, access: Access, resourcePolicy: PolicyVerdict = 'silent'): WireError | undefined {
  const identity = identityVerdict(credential, access)
  if (identity === 'deny') return refusal(credential, access, 'with an explicit deny in an identity-based policy')
  if (resourcePolicy === 'deny') return refusal(credential, access, 'with an explicit deny in a resource-based policy')
  const nobodyAllows = (kind: string): WireError =>
    refusal(credential, access, `because no ${kind} policy allows the dynamodb:${access.action} action`)
  if (credential.account === access.account) {
    return identity === 'allow' || resourcePolicy === 'allow' ? undefined : nobodyAllows('identity-based')
  }
  if (identity !== 'allow') return nobodyAllows('identity-based')
  return resourcePolicy === 'silent' ? nobodyAllows('resource-based') : undefined
}

/** What the key's own entry says. */
export function identityVerdict({ allow, deny }: Credential, access: Access): Verdict {
  if (deny !== undefined && covers(deny, access)) return 'deny'
  return covers(allow, access) ? 'allow' : 'silent'
}

/**
 * Whether a key is shown a table's metrics, or those of the whole account when no table is named: where it may do anything at all with what they are about. The
 * file of credentials has no actions of CloudWatch.
 */
export function mayReadMetrics({ allow, deny }: Credential, region: string, table: string | undefined): boolean {
  const isMeant = ({ regions, tables }: Rule): boolean => (regions?.(region) ?? true) && (table === undefined || (tables?.(table) ?? true))
  return isMeant(allow) && !(deny !== undefined && deny.actions === undefined && isMeant(deny))
}

function covers({ regions, tables, actions }: Rule, { action, region, resource }: Access): boolean {
  return (regions?.(region) ?? true) && (actions?.(action) ?? true) && (tables?.(tableOf(resource)) ?? true)
}

/** `table/Orders/index/by-day` belongs to Orders; `table/*` is a table that only `*` allows. */
function tableOf(resource: string): string {
  return resource.split('/', 2)[1] ?? resource
}

function refusal(credential: Credential, { action, region, account, resource }: Access, because: string): WireError {
  return accessDenied(
    `User: ${arnOf(credential)} is not authorized to perform: dynamodb:${action} on resource: ` +
      `arn:aws:dynamodb:${region}:${account}:${resource} ${because}`,
  )
}
