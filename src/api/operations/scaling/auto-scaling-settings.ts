import { defaultAccount } from '../../../base/account-region.ts'
import type { Refusal } from '../../../engine/refusal.ts'
import { refuse } from '../../../engine/refusal.ts'
import type { AutoScaling, CapacityScaling, Scaling, Table } from '../../../engine/table.ts'

/**
 * What UpdateTableReplicaAutoScaling says of one capacity, held to the rules of DynamoDB and of Application Auto Scaling behind it (rules and texts
 * observed on AWS, 2026-10). Its request ids are left out of the latter's texts.
 */
export interface ScalingInput {
  readonly MinimumUnits?: number
  readonly MaximumUnits?: number
  readonly AutoScalingDisabled?: boolean
  readonly AutoScalingRoleArn?: string
  readonly ScalingPolicyUpdate?: {
    readonly PolicyName?: string
    readonly TargetTrackingScalingPolicyConfiguration: {
      readonly DisableScaleIn?: boolean
      readonly ScaleInCooldown?: number
      readonly ScaleOutCooldown?: number
      readonly TargetValue: number
    }
  }
}

/** Undefined inside: it is scaled no more. */
export interface ChangedScaling {
  readonly scaling: Scaling | undefined
}

export interface Capacity {
  readonly table: string
  readonly kind: 'Read' | 'Write'
  readonly index: string | undefined
}

const TARGET_MIN = 10
const TARGET_MAX = 90

export function serviceRole(account: string): string {
  return `arn:aws:iam::${account}:role/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_DynamoDBTable`
}

export function changedScaling(input: ScalingInput, before: Scaling | undefined, of: Capacity): ChangedScaling | Refusal {
  const { MinimumUnits: minimumUnits, MaximumUnits: maximumUnits, ScalingPolicyUpdate: policy } = input
  if (input.AutoScalingDisabled === true) {
    const given = namesOf({ MaximumUnits: maximumUnits, ScalingPolicyUpdate: policy, MinimumUnits: minimumUnits }, true)
    if (given === '') return { scaling: undefined }
    return refuse(
      'invalid',
      `Failed to update settings for global table with name ‘${of.table}’: Parameters ${given} must be left blank when disabling auto scaling.`,
    )
  }
  const bounds = { MaximumUnits: maximumUnits ?? before?.maximumUnits, MinimumUnits: minimumUnits ?? before?.minimumUnits }
  const lacking = namesOf(
    { MaximumUnits: bounds.MaximumUnits, ScalingPolicyUpdate: policy ?? before, MinimumUnits: bounds.MinimumUnits },
    false,
  )
  if (lacking !== '' || bounds.MaximumUnits === undefined || bounds.MinimumUnits === undefined) {
    return failed(of.table, `: Parameters ${lacking} are required unless auto scaling is being disabled.`)
  }
  if (bounds.MaximumUnits < bounds.MinimumUnits) return scalerRefuses('Maximum capacity cannot be less than minimum capacity')
  const tracking = policy?.TargetTrackingScalingPolicyConfiguration
  const problem = tracking && targetProblem(tracking.TargetValue, of.kind)
  if (problem !== undefined) return problem
  const policyName = policy?.PolicyName ?? (policy === undefined ? before?.policyName : undefined) ?? policyNameOf(of)
  return {
    scaling: {
      minimumUnits: bounds.MinimumUnits,
      maximumUnits: bounds.MaximumUnits,
      policyName,
      targetPercent: tracking?.TargetValue ?? before?.targetPercent ?? TARGET_MAX,
      disableScaleIn: tracking === undefined ? before?.disableScaleIn : tracking.DisableScaleIn,
      scaleInCooldownS: tracking === undefined ? before?.scaleInCooldownS : tracking.ScaleInCooldown,
      scaleOutCooldownS: tracking === undefined ? before?.scaleOutCooldownS : tracking.ScaleOutCooldown,
      roleArn: input.AutoScalingRoleArn ?? before?.roleArn ?? serviceRole(defaultAccount),
    },
  }
}

/** A policy without a name is named after what it scales. */
export function policyNameOf({ table, kind, index }: Capacity): string {
  return `DynamoDB${kind}CapacityUtilization:table/${table}${index === undefined ? '' : `/index/${index}`}`
}

export const noScaling: AutoScaling = { write: undefined, readByRegion: {}, indexes: {} }
export const unscaled: CapacityScaling = { write: undefined, readByRegion: {} }

export function withWrite<S extends CapacityScaling>(scaling: S, { scaling: write }: ChangedScaling): S {
  return { ...scaling, write }
}

export function withRead<S extends CapacityScaling>(scaling: S, region: string, { scaling: read }: ChangedScaling): S {
  const others = Object.entries(scaling.readByRegion).filter(([name]) => name !== region)
  return { ...scaling, readByRegion: Object.fromEntries(read === undefined ? others : [...others, [region, read]]) }
}

/** Undefined when nothing is scaled any more. */
export function compact({ write, readByRegion, indexes }: AutoScaling): AutoScaling | undefined {
  const scaled = Object.entries(indexes).filter(([, each]) => !isUnscaled(each))
  return isUnscaled({ write, readByRegion }) && scaled.length === 0
    ? undefined
    : { write, readByRegion, indexes: Object.fromEntries(scaled) }
}

function isUnscaled({ write, readByRegion }: CapacityScaling): boolean {
  return write === undefined && Object.keys(readByRegion).length === 0
}

export function scalingOf({ settings }: Table, index: string | undefined): CapacityScaling {
  return (index === undefined ? settings.autoScaling : settings.autoScaling?.indexes[index]) ?? unscaled
}

export function failed(table: string, why: string): Refusal {
  return refuse('invalid', `Failed to update settings for global table with name: ‘${table}’${why}`)
}

function targetProblem(target: number, kind: Capacity['kind']): Refusal | undefined {
  if (target <= 0) {
    return scalerRefuses(
      `For target tracking scaling, target value must be between '8.51592E-109' and '1.174271E108', but was '${decimal(target)}'.`,
    )
  }
  if (target >= TARGET_MIN && target <= TARGET_MAX) return undefined
  return scalerRefuses(
    `For predefined metric type DynamoDB${kind}CapacityUtilization, target value must be between '10.0' and '90.0', but was '${decimal(target)}'.`,
  )
}

function decimal(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value)
}

function scalerRefuses(why: string): Refusal {
  return refuse('invalid', `${why} (Service: AWSApplicationAutoScaling; Status Code: 400; Error Code: ValidationException; Proxy: null)`)
}

function namesOf(members: Readonly<Record<string, unknown>>, present: boolean): string {
  const names = Object.entries(members).filter(([, value]) => (value !== undefined) === present)
  return names.map(([name]) => `'${name}'`).join(', ')
}
