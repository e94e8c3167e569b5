import { regionOf } from '../../../base/account-region.ts'
import { isRefusal, refuse } from '../../../engine/refusal.ts'
import type { TableView } from '../../control-plane.ts'
import type { GroupMember } from '../../replication-permission.ts'
import { missingPermission, replicationDenied, unauthorized } from '../../replication-permission.ts'
import type { WireError } from '../../wire-error.ts'
import { fromRefusal, isWireError } from '../../wire-error.ts'
import type { CallContext } from '../operation.ts'

/** What the members of a global table of several accounts permit, as their policies are now. */

export function permissionProblem(members: readonly GroupMember[]): WireError | undefined {
  const missing = missingPermission(members)
  return missing && replicationDenied(missing.member, missing.action)
}

/** The members of the table's group with their policies; a Region that does not answer does not permit either. */
export function groupOf(
  { controlPlane }: Pick<CallContext, 'controlPlane'>,
  home: string,
  view: TableView,
): readonly GroupMember[] | WireError {
  const members: GroupMember[] = []
  for (const region of [home, ...(view.replicas ?? []).map((replica) => replica.region)]) {
    const engine = controlPlane.awake(region)
    if (engine === undefined) return fromRefusal(refuse('unavailable', `Region ${regionOf(region)} does not answer.`))
    const { name } = view.table
    members.push({ region, tableName: name, policy: engine.table(name)?.own.policies?.[''] })
  }
  return members
}

/**
 * Settings are changed only while all replicas permit that they are replicated ("If any replica does not provide permissions to replicate settings to
 * any replica, all Update operations across all replicas will fail with AccessDeniedException", developer guide).
 */
export async function settingsProblem(context: CallContext, tableName: string): Promise<WireError | undefined> {
  const view = await context.controlPlane.describeTable(context.region, tableName)
  if (isRefusal(view) || view.multiAccount !== true) return undefined
  const members = groupOf(context, context.region, view)
  return isWireError(members) ? members : permissionProblem(members)
}

/** The Regions of those replicas whose policies no longer permit what replication needs. Of a Region that does not answer nothing is known. */
export function unauthorizedReplicas(controlPlane: CallContext['controlPlane'], home: string, view: TableView): ReadonlySet<string> {
  if (view.multiAccount !== true) return new Set()
  const { name } = view.table
  const members = [home, ...(view.replicas ?? []).map(({ region }) => region)].flatMap((region) => {
    const table = controlPlane.awake(region)?.table(name)
    return table === undefined ? [] : [{ region, table }]
  })
  return unauthorized(members)
}
