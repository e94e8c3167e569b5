import { accountOf, defaultAccount, regionOf } from '../../../base/account-region.ts'
import type { Scaling } from '../../../engine/table.ts'
import { statusAt } from '../../../engine/table.ts'
import type { TableView } from '../../control-plane.ts'
import type { Capacity } from './auto-scaling-settings.ts'
import { policyNameOf, scalingOf, serviceRole } from './auto-scaling-settings.ts'
import type { CallContext } from '../operation.ts'

/** How the throughput of a table is scaled, Region by Region in the order of their names, this one among them. */
export function describeAutoScaling({ region, nowMs }: Pick<CallContext, 'region' | 'nowMs'>, view: TableView): object {
  const { table, replicas = [] } = view
  const isOnDemand = table.settings.billing.mode === 'PAY_PER_REQUEST'
  const own = { region, status: 'ACTIVE' }
  const described = [...replicas, own]
    .sort((a, b) => (a.region < b.region ? -1 : 1))
    .map((replica) => {
      const settingsOf = (index: string | undefined, kind: Capacity['kind']): object => {
        const scaling = scalingOf(table, index)
        const of = { table: table.name, kind, index }
        return describeScaling(
          kind === 'Write' ? scaling.write : scaling.readByRegion[regionOf(replica.region)],
          of,
          isOnDemand,
          accountOf(replica.region),
        )
      }
      return {
        RegionName: regionOf(replica.region),
        GlobalSecondaryIndexes: table.indexes
          .filter(({ kind, status }) => kind === 'global' && status === 'ACTIVE')
          .map(({ name, status }) => ({
            IndexName: name,
            IndexStatus: status,
            ProvisionedReadCapacityAutoScalingSettings: settingsOf(name, 'Read'),
            ProvisionedWriteCapacityAutoScalingSettings: settingsOf(name, 'Write'),
          })),
        ReplicaProvisionedReadCapacityAutoScalingSettings: settingsOf(undefined, 'Read'),
        ReplicaProvisionedWriteCapacityAutoScalingSettings: settingsOf(undefined, 'Write'),
        ReplicaStatus: replica.status,
      }
    })
  return { TableName: table.name, TableStatus: statusAt(table, nowMs), Replicas: described }
}

/** What was never set up looks as if it was disabled; on demand, what is set up looks like both (observed on AWS, 2026-10). */
function describeScaling(scaling: Scaling | undefined, of: Capacity, isOnDemand: boolean, account: string): object {
  if (scaling === undefined) return { AutoScalingDisabled: true, ScalingPolicies: [] }
  const { minimumUnits, maximumUnits, roleArn, policyName, targetPercent, disableScaleIn, scaleInCooldownS, scaleOutCooldownS } = scaling
  return {
    MinimumUnits: minimumUnits,
    MaximumUnits: maximumUnits,
    AutoScalingDisabled: isOnDemand ? true : undefined,
    // The service's own role exists in each account.
    AutoScalingRoleArn: roleArn === serviceRole(defaultAccount) ? serviceRole(account) : roleArn,
    ScalingPolicies: [
      {
        PolicyName: policyName === '' ? policyNameOf(of) : policyName,
        TargetTrackingScalingPolicyConfiguration: {
          DisableScaleIn: disableScaleIn,
          ScaleInCooldown: scaleInCooldownS,
          ScaleOutCooldown: scaleOutCooldownS,
          TargetValue: targetPercent,
        },
      },
    ],
  }
}
