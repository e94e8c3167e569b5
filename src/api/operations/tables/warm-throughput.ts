import { regionOf } from '../../../base/account-region.ts'
import type { Refusal } from '../../../engine/refusal.ts'
import { refuse } from '../../../engine/refusal.ts'
import type { Units, Warm } from '../../../engine/table.ts'
import type { Warmed } from '../../../engine/warm-units.ts'
import { onDemandUnits, warmUnits } from '../../../engine/warm-units.ts'
import { TABLE_UNITS_MAX } from './throughput-settings.ts'

/**
 * What a table or an index can take at once. It follows from the throughput, never falls, and can be raised ahead of it (developer guide,
 * "Understanding DynamoDB warm throughput"; the texts observed on AWS, 2026-10). Nothing is faster or slower for it here.
 */
export interface WarmInput {
  readonly ReadUnitsPerSecond?: number
  readonly WriteUnitsPerSecond?: number
}

export function newWarm(input: WarmInput | undefined, of: Omit<Warmed, 'warm'>, where: Place, nowMs: number): Warm | undefined | Refusal {
  if (input === undefined) return undefined
  const least = of.provisioned ?? onDemandUnits
  const problem = eachMember(input, (name, units, member) => {
    if (units >= least[member]) return undefined
    const than =
      of.provisioned === undefined
        ? 'initial throughput for OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html#on-demand-capacity-mode-initial'
        : `${member === 'readUnits' ? 'ReadCapacityUnits' : 'WriteCapacityUnits'} of ProvisionedThroughput`
    return invalid(`Requested ${name} for WarmThroughput for ${told(where)} is lower than ${than}`)
  })
  return problem ?? quotaProblem(input, where) ?? raised(input, least, nowMs)
}

/** Equal values are no change, and accepted. */
export function changedWarm(input: WarmInput, of: Warmed, where: Place, nowMs: number): Warm | Refusal {
  const now = warmUnits(of)
  const problem = eachMember(input, (name, units, member) =>
    units >= now[member]
      ? undefined
      : invalid(
          `Requested ${name} for WarmThroughput for ${told(where)} is lower than current WarmThroughput, decreasing WarmThroughput is not supported`,
        ),
  )
  return problem ?? quotaProblem(input, where) ?? raised(input, now, nowMs)
}

/** As it is described: while it is being raised with the old values. */
export function describeWarm(of: Warmed, nowMs: number, paceMs: number): object {
  const raising = of.warm?.raised
  const isRaising = raising !== undefined && nowMs < raising.atMs + paceMs
  const { readUnits, writeUnits } = isRaising ? raising.from : warmUnits(of)
  return { ReadUnitsPerSecond: readUnits, WriteUnitsPerSecond: writeUnits, Status: isRaising ? 'UPDATING' : 'ACTIVE' }
}

interface Place {
  readonly index: string | undefined
  readonly region: string
}

function told({ index }: Place): string {
  return index === undefined ? 'table' : `index ${index}`
}

function raised(input: WarmInput, from: Units, nowMs: number): Warm {
  const { ReadUnitsPerSecond: readUnits = from.readUnits, WriteUnitsPerSecond: writeUnits = from.writeUnits } = input
  return { readUnits, writeUnits, raised: { from: { readUnits: from.readUnits, writeUnits: from.writeUnits }, atMs: nowMs } }
}

function quotaProblem(input: WarmInput, where: Place): Refusal | undefined {
  return eachMember(input, (name, units, member) => {
    if (units <= TABLE_UNITS_MAX) return undefined
    const quota = member === 'readUnits' ? 'TableMaxReadCapacityUnits' : 'TableMaxWriteCapacityUnits'
    return refuse(
      'limit-exceeded',
      `Subscriber limit exceeded: Requested ${name} for WarmThroughput for ${told(where)} exceeds ${quota} of the account in region ${regionOf(where.region)}`,
    )
  })
}

function eachMember(
  { ReadUnitsPerSecond, WriteUnitsPerSecond }: WarmInput,
  check: (name: string, units: number, member: keyof Units) => Refusal | undefined,
): Refusal | undefined {
  const read = ReadUnitsPerSecond === undefined ? undefined : check('ReadUnitsPerSecond', ReadUnitsPerSecond, 'readUnits')
  return read ?? (WriteUnitsPerSecond === undefined ? undefined : check('WriteUnitsPerSecond', WriteUnitsPerSecond, 'writeUnits'))
}

function invalid(what: string): Refusal {
  return refuse('invalid', `One or more parameter values were invalid: ${what}`)
}
