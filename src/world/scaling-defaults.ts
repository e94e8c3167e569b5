import type { Refusal } from '../engine/refusal.ts'
import { isRefusal, refuse } from '../engine/refusal.ts'
import type { AutoScaling, CapacityScaling, Scaling, TableSettings } from '../engine/table.ts'

/** The role that scales tables; it exists in every account by itself. */
export const SCALING_ROLE =
  'arn:aws:iam::000000000000:role/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_DynamoDBTable'

export const noScaling: AutoScaling = { write: undefined, readByRegion: {}, indexes: {} }

const TARGET_PERCENT = 70
/** Developer guide, "Considerations when switching capacity modes". */
const TABLE_UNITS = { minimumUnits: 5, maximumUnits: 40_000 }
/** Observed on AWS, 2026-10. */
const INDEX_UNITS = { minimumUnits: 1, maximumUnits: 10 }

/**
 * Write scaling that a provisioned global table gets without being asked: when it is switched to provisioned, and for an index that is added. An
 * index cannot be added while another lacks it.
 */
export function defaultScaling(before: TableSettings, after: TableSettings): TableSettings | Refusal {
  const scaling = after.autoScaling ?? noScaling
  const switched = before.billing.mode === 'PAY_PER_REQUEST'
  const write = scaling.write ?? (switched ? scalingOf(TABLE_UNITS) : undefined)
  const indexes = indexScaling(before, after, scaling.indexes, switched)
  return isRefusal(indexes) ? indexes : { ...after, autoScaling: { ...scaling, write, indexes } }
}

function indexScaling(
  before: TableSettings,
  after: TableSettings,
  known: AutoScaling['indexes'],
  switched: boolean,
): AutoScaling['indexes'] | Refusal {
  const had = new Set(before.indexes.map(({ name }) => name))
  const global = after.indexes.filter(({ kind }) => kind === 'global')
  const adds = global.some(({ name }) => !had.has(name))
  const lacks = global.some(({ name }) => had.has(name) && known[name]?.write === undefined)
  if (adds && lacks && !switched) return refuse('invalid', 'GSI write capacity should either be Pay-Per-Request or AutoScaled.')
  return Object.fromEntries(
    global.flatMap(({ name }): [string, CapacityScaling][] => {
      const scaling = known[name] ?? { write: undefined, readByRegion: {} }
      if (scaling.write !== undefined || (had.has(name) && !switched)) return known[name] === undefined ? [] : [[name, scaling]]
      return [[name, { ...scaling, write: scalingOf(INDEX_UNITS) }]]
    }),
  )
}

function scalingOf(units: Pick<Scaling, 'minimumUnits' | 'maximumUnits'>): Scaling {
  return {
    ...units,
    policyName: '',
    targetPercent: TARGET_PERCENT,
    disableScaleIn: undefined,
    scaleInCooldownS: undefined,
    scaleOutCooldownS: undefined,
    roleArn: SCALING_ROLE,
  }
}
