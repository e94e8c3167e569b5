import type { Refusal } from '../../engine/refusal.ts'
import { isRefusal, refuse } from '../../engine/refusal.ts'
import type { Billing, OnDemandMaximum, TableSettings } from '../../engine/table.ts'

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

export function newBilling(input: ThroughputInput, nowMs: number): Billing | Refusal {
  const { BillingMode: mode, ProvisionedThroughput: throughput } = input
  if (mode === 'PAY_PER_REQUEST') return throughput === undefined ? { mode, sinceMs: nowMs } : unitsOnDemand
  if (throughput === undefined)
    return mode === undefined ? refuse('invalid', 'No provisioned throughput specified for the table') : unitsMissing
  return provisioned(throughput, undefined, nowMs)
}

export function changedBilling(billing: Billing, input: ThroughputInput, nowMs: number): Billing | Refusal {
  const { BillingMode: mode = billing.mode, ProvisionedThroughput: throughput } = input
  if (mode === 'PAY_PER_REQUEST') {
    if (throughput !== undefined) return unitsOnDemand
    return billing.mode === mode ? billing : { mode, sinceMs: nowMs }
  }
  if (throughput !== undefined) return provisioned(throughput, billing, nowMs)
  return billing.mode === mode ? billing : unitsMissing
}

/** -1 takes a maximum away; a member that is left out stays as it is. */
export function changedMaximum(
  settings: Pick<TableSettings, 'billing' | 'onDemandMaximum'>,
  input: ThroughputInput,
): OnDemandMaximum | undefined | Refusal {
  const { OnDemandThroughput: wanted } = input
  if (settings.billing.mode === 'PROVISIONED') {
    return wanted === undefined
      ? undefined
      : refuse('invalid', `${parameters}OnDemandThroughput cannot be specified when BillingMode is PROVISIONED`)
  }
  if (wanted === undefined) return settings.onDemandMaximum
  const readUnits = maximum(wanted.MaxReadRequestUnits, settings.onDemandMaximum?.readUnits, 'MaxReadRequestUnits')
  if (isRefusal(readUnits)) return readUnits
  const writeUnits = maximum(wanted.MaxWriteRequestUnits, settings.onDemandMaximum?.writeUnits, 'MaxWriteRequestUnits')
  if (isRefusal(writeUnits)) return writeUnits
  return readUnits === undefined && writeUnits === undefined ? undefined : { readUnits, writeUnits }
}

const parameters = 'One or more parameter values were invalid: '
const unitsOnDemand = refuse(
  'invalid',
  `${parameters}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST`,
)
const unitsMissing = refuse(
  'invalid',
  `${parameters}ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED`,
)

function maximum(wanted: number | undefined, current: number | undefined, name: string): number | undefined | Refusal {
  if (wanted === undefined) return current
  if (wanted === -1) return undefined
  return wanted >= 1 ? wanted : refuse('invalid', `${parameters}${name} must be at least 1, or -1 for no maximum`)
}

function provisioned(
  { ReadCapacityUnits: readUnits, WriteCapacityUnits: writeUnits }: NonNullable<ThroughputInput['ProvisionedThroughput']>,
  before: Billing | undefined,
  nowMs: number,
): Provisioned | Refusal {
  for (const [name, units] of Object.entries({ ReadCapacityUnits: readUnits, WriteCapacityUnits: writeUnits })) {
    if (units > UNITS_MAX) return refuse('invalid', `Given value ${units} for ${name} is out of bounds`)
  }
  const fresh: Provisioned = {
    mode: 'PROVISIONED',
    readUnits,
    writeUnits,
    lastIncreaseAtMs: undefined,
    lastDecreaseAtMs: undefined,
    decreasesToday: 0,
    onDemandSinceMs: before?.mode === 'PAY_PER_REQUEST' ? before.sinceMs : undefined,
  }
  if (before?.mode !== 'PROVISIONED') return fresh
  if (before.readUnits === readUnits && before.writeUnits === writeUnits) return refuse('invalid', unchangedText(before))
  const increased = readUnits > before.readUnits || writeUnits > before.writeUnits
  const decreased = readUnits < before.readUnits || writeUnits < before.writeUnits
  return {
    ...before,
    readUnits,
    writeUnits,
    lastIncreaseAtMs: increased ? nowMs : before.lastIncreaseAtMs,
    lastDecreaseAtMs: decreased ? nowMs : before.lastDecreaseAtMs,
    decreasesToday: decreasesOn(before, nowMs) + (decreased ? 1 : 0),
  }
}

/** How often the throughput was lowered on the UTC day of `nowMs`. */
export function decreasesOn({ lastDecreaseAtMs, decreasesToday }: Provisioned, nowMs: number): number {
  const sameDay = lastDecreaseAtMs !== undefined && Math.floor(lastDecreaseAtMs / DAY_MS) === Math.floor(nowMs / DAY_MS)
  return sameDay ? decreasesToday : 0
}

function unchangedText({ readUnits, writeUnits }: Provisioned): string {
  return (
    'The provisioned throughput for the table will not change. The requested value equals the current value. ' +
    `Current ReadCapacityUnits provisioned for the table: ${readUnits}. Requested ReadCapacityUnits: ${readUnits}. ` +
    `Current WriteCapacityUnits provisioned for the table: ${writeUnits}. Requested WriteCapacityUnits: ${writeUnits}. ` +
    'Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.'
  )
}
