import { regionOf } from '../../../base/account-region.ts'
import type { Refusal } from '../../../engine/refusal.ts'
import { refuse } from '../../../engine/refusal.ts'
import { changeUnits } from '../../../engine/provisioned-units.ts'
import type { Billing, OnDemandMaximum, SettingChanges, TableSettings, Units } from '../../../engine/table.ts'

/**
 * What CreateTable and UpdateTable set about capacity, and the rules that tie billing mode, provisioned and on-demand throughput
 * together. Pure: from the settings as they are and the request to the settings as they shall be.
 */
export interface ThroughputInput {
  readonly BillingMode?: Billing['mode']
  readonly ProvisionedThroughput?: { readonly ReadCapacityUnits: number; readonly WriteCapacityUnits: number }
  readonly OnDemandThroughput?: { readonly MaxReadRequestUnits?: number; readonly MaxWriteRequestUnits?: number }
}

type Provisioned = Extract<Billing, { mode: 'PROVISIONED' }>

const UNITS_MAX = 1_000_000_000_000
const DAY_MS = 24 * 3_600_000

/** What a table and each of its indexes may be given: the default quotas of an account (DescribeLimits tells them). */
export const TABLE_UNITS_MAX = 40_000

/** Switches to on-demand mode within 24 hours (developer guide, "Considerations when switching capacity modes"). */
const SWITCHES_MAX = 4

export function newBilling(input: ThroughputInput, nowMs: number, region: string): Billing | Refusal {
  const { BillingMode: mode, ProvisionedThroughput: throughput } = input
  if (mode === 'PAY_PER_REQUEST') return throughput === undefined ? { mode, sinceMs: nowMs } : unitsOnDemand
  return throughput === undefined ? unitsMissing : provisioned(throughput, undefined, nowMs, region)
}

export function changedBilling(
  { billing, changes }: Pick<TableSettings, 'billing' | 'changes'>,
  input: ThroughputInput,
  nowMs: number,
  region: string,
): Billing | Refusal {
  const { BillingMode: mode, ProvisionedThroughput: throughput } = input
  if ((mode ?? billing.mode) === 'PAY_PER_REQUEST') {
    if (throughput !== undefined) return unitsOnDemand
    if (billing.mode === 'PAY_PER_REQUEST') return billing
    return switchProblem(changes, nowMs) ?? { mode: 'PAY_PER_REQUEST', sinceMs: nowMs }
  }
  if (throughput !== undefined) return provisioned(throughput, billing, nowMs, region)
  return mode === undefined ? billing : throughputMissing
}

/** With the switch to on-demand mode that `billing` may be remembered. */
export function rememberSwitch(settings: Pick<TableSettings, 'billing' | 'changes'>, billing: Billing, nowMs: number): SettingChanges {
  const { changes } = settings
  if (settings.billing.mode === billing.mode || billing.mode !== 'PAY_PER_REQUEST') return changes
  return { ...changes, toOnDemandAtMs: [...recent(changes.toOnDemandAtMs, nowMs, DAY_MS), nowMs] }
}

export function recent(timesMs: readonly number[], nowMs: number, withinMs: number): readonly number[] {
  return timesMs.filter((ms) => ms > nowMs - withinMs)
}

/** The text is the one for the limit of once a day that there was before, seen in 2019, with the number of today. */
function switchProblem(changes: SettingChanges, nowMs: number): Refusal | undefined {
  const switches = recent(changes.toOnDemandAtMs, nowMs, DAY_MS)
  const [first] = switches
  const last = switches.at(-1)
  if (switches.length < SWITCHES_MAX || first === undefined || last === undefined) return undefined
  return refuse(
    'limit-exceeded',
    `Subscriber limit exceeded: Update to PayPerRequest mode are limited to ${SWITCHES_MAX} times in 1 day(s). ` +
      `Last update at ${javaTime(last)}. Next update can be made at ${javaTime(first + DAY_MS)}`,
  )
}

/** `Sat Feb 23 03:07:45 UTC 2019` */
function javaTime(ms: number): string {
  const [weekday = '', day, month, year, time] = new Date(ms).toUTCString().split(' ')
  return `${weekday.slice(0, 3)} ${month} ${day} ${time} UTC ${year}`
}

/**
 * The maximum of on-demand throughput as the request makes it: a member that is left out stays as it is, and -1 takes one away, which only makes
 * sense where there can be one (texts observed on AWS, 2026-10).
 * @param of an index by its name; undefined: the table itself
 */
export function changedMaximum(
  settings: { readonly billing: Billing; readonly onDemandMaximum: OnDemandMaximum | undefined },
  input: ThroughputInput,
  { of, isNew, region }: { readonly of: string | undefined; readonly isNew: boolean; readonly region: string },
): OnDemandMaximum | undefined | Refusal {
  const { OnDemandThroughput: wanted } = input
  const known = settings.billing.mode === 'PROVISIONED' ? undefined : settings.onDemandMaximum
  if (wanted === undefined) return known
  const index = of === undefined ? '' : ` for index : ${of}`
  const maxima: (number | undefined)[] = []
  for (const name of ['MaxReadRequestUnits', 'MaxWriteRequestUnits'] as const) {
    const units = wanted[name]
    const before = name === 'MaxReadRequestUnits' ? known?.readUnits : known?.writeUnits
    if (units !== undefined && settings.billing.mode === 'PROVISIONED') {
      const mode = isNew ? 'table BillingMode is PROVISIONED.' : 'the table BillingMode is PROVISIONED'
      return invalid(`${name} for OnDemandThroughput${index} cannot be specified when ${mode}`)
    }
    if (units !== undefined && units < 1 && (isNew || units !== -1)) {
      return invalid(
        `Requested ${name} for OnDemandThroughput for ${of === undefined ? 'table' : `index : ${of}`} is outside of valid range`,
      )
    }
    if (units !== undefined && units > TABLE_UNITS_MAX) {
      const quota = name === 'MaxReadRequestUnits' ? 'TableMaxReadCapacityUnits' : 'TableMaxWriteCapacityUnits'
      const what = of === undefined ? 'table' : `index : ${of}`
      return refuse(
        'limit-exceeded',
        `Subscriber limit exceeded: Requested ${name} for OnDemandThroughput for ${what} exceeds ${quota} of the account in region ${regionOf(region)}`,
      )
    }
    maxima.push(units === -1 ? undefined : (units ?? before))
  }
  const [readUnits, writeUnits] = maxima
  return readUnits === undefined && writeUnits === undefined ? undefined : { readUnits, writeUnits }
}

/** More than the account may provision for one table or index (text observed; that the quota is the default one is not known of the account). */
export function unitsProblem({ readUnits, writeUnits }: Units, region: string, index?: string): Refusal | undefined {
  for (const [name, units] of Object.entries({ ReadCapacityUnits: readUnits, WriteCapacityUnits: writeUnits })) {
    if (units > UNITS_MAX) return refuse('invalid', `Given value ${units} for ${name} is out of bounds`)
    if (units <= TABLE_UNITS_MAX) continue
    const [which, of] = index === undefined ? ['table', ''] : ['index', ` for index ${index}`]
    return refuse(
      'limit-exceeded',
      `The requested ${name}${of}, ${units}, is above the per ${which} maximum for the account in ${regionOf(region)}. Per ${which} maximum: ${TABLE_UNITS_MAX}. ` +
        'Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.',
    )
  }
  return undefined
}

function invalid(what: string): Refusal {
  return refuse('invalid', `One or more parameter values were invalid: ${what}`)
}

const unitsOnDemand = invalid('Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST')
const unitsMissing = invalid('ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED')
/** The same of UpdateTable. */
const throughputMissing = invalid('ProvisionedThroughput must be specified when BillingMode is PROVISIONED')

function provisioned(
  { ReadCapacityUnits: readUnits, WriteCapacityUnits: writeUnits }: NonNullable<ThroughputInput['ProvisionedThroughput']>,
  before: Billing | undefined,
  nowMs: number,
  region: string,
): Provisioned | Refusal {
  const problem = unitsProblem({ readUnits, writeUnits }, region)
  if (problem !== undefined) return problem
  if (before?.mode === 'PROVISIONED') {
    const same = before.readUnits === readUnits && before.writeUnits === writeUnits
    return same ? refuse('invalid', unchangedText(before)) : changeUnits(before, { readUnits, writeUnits }, nowMs)
  }
  return {
    mode: 'PROVISIONED',
    readUnits,
    writeUnits,
    lastIncreaseAtMs: undefined,
    lastDecreaseAtMs: undefined,
    decreasesToday: 0,
    onDemandSinceMs: before?.sinceMs,
  }
}

function unchangedText({ readUnits, writeUnits }: Provisioned): string {
  return (
    'The provisioned throughput for the table will not change. The requested value equals the current value. ' +
    `Current ReadCapacityUnits provisioned for the table: ${readUnits}. Requested ReadCapacityUnits: ${readUnits}. ` +
    `Current WriteCapacityUnits provisioned for the table: ${writeUnits}. Requested WriteCapacityUnits: ${writeUnits}. ` +
    'Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.'
  )
}
