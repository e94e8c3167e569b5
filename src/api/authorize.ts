import { accountRegion } from '../base/account-region.ts'
import type { RegionEngine } from '../engine/region-engine.ts'
import { isRefusal } from '../engine/refusal.ts'
import type { AttachedPolicy, Table } from '../engine/table.ts'
import type { Caller } from './caller.ts'
import type { ControlPlane } from './control-plane.ts'
import { denial, identityVerdict } from './permission.ts'
import { conditionValues } from './policy/condition-keys.ts'
import { judge } from './policy/policy.ts'
import type { Policy, PolicyVerdict } from './policy/policy.ts'
import { reparsePolicy } from './policy/policy-document.ts'
import type { Access } from './requested-access.ts'
import type { OperationName } from './service-model.ts'
import { validateInput } from './validation/validate-input.ts'
import type { WireError } from './wire-error.ts'

/** Whether who calls may do all that a request would do, by the policies of the key and of the resources. */
export interface Requested {
  readonly region: string
  readonly operation: OperationName
  readonly input: unknown
}

/** Why not; undefined when it may. */
export async function authorize(
  { region, operation, input }: Requested,
  accesses: readonly Access[],
  caller: Caller,
  controlPlane: ControlPlane,
  nowMs: number,
): Promise<WireError | undefined> {
  let valid: boolean | undefined
  for (const access of accesses) {
    // A Region that sleeps has no policies, and is not woken for a key that could do nothing there.
    const place = accountRegion(access.region, access.account)
    let engine = controlPlane.awake(place)
    const own = access.region === region && access.account === caller.account
    if (engine === undefined && own && identityVerdict(caller.credential, access) === 'allow') {
      const woken = await controlPlane.engine(place)
      engine = isRefusal(woken) ? undefined : woken
    }
    const { parts = () => [] } = access
    // Conditions look into the request only when it has the shapes that they expect. One that has not will be refused.
    const checked = { ...access, parts: () => ((valid ??= validateInput(operation, input) === undefined) ? parts() : []) }
    const denied = denial(caller.credential, access, engine && resourceVerdict(engine, checked, caller, nowMs))
    if (denied !== undefined) return denied
  }
  return undefined
}

function resourceVerdict(engine: RegionEngine, access: Access, caller: Caller, nowMs: number): PolicyVerdict {
  const [kind, name = '', below, label = ''] = access.resource.split('/', 4)
  const table = kind === 'table' ? engine.table(name) : undefined
  const attached = table?.own.policies?.[below === 'stream' ? label : '']
  if (table === undefined || attached === undefined) return 'silent'
  const policy = policyOf(attached, below === 'stream' ? 'stream' : 'table')
  // One that an earlier release took and this one does not understand must not open what it closed.
  return policy === undefined ? 'deny' : judgeAccess(policy, access, caller, table, nowMs)
}

export function judgeAccess(policy: Policy, access: Access, caller: Caller, table: Table | undefined, nowMs: number): PolicyVerdict {
  return judge(policy, {
    account: caller.account,
    callerArn: caller.arn,
    action: access.action,
    resourceArn: `arn:aws:dynamodb:${access.region}:${access.account}:${access.resource}`,
    values: conditionValues({ access, table, caller, nowMs }),
  })
}

/** Definitions do not change, so what is attached is understood once. */
export function policyOf(attached: AttachedPolicy, kind: 'table' | 'stream'): Policy | undefined {
  if (!policyByText.has(attached)) policyByText.set(attached, reparsePolicy(attached.document, kind))
  return policyByText.get(attached)
}

const policyByText = new WeakMap<AttachedPolicy, Policy | undefined>()
