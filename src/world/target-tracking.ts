import type { Scaling } from '../engine/table.ts'

/**
 * Target tracking, minute by minute: capacity grows when more than the target was used for two minutes, and shrinks when a good deal less was
 * used for fifteen (the alarms that DynamoDB's auto scaling sets; developer guide, "Managing throughput capacity automatically"). Pure.
 */
export interface Tracked {
  /** Units per second of the last minutes, oldest first. */
  readonly rates: readonly number[]
  readonly scaledOutAtMs: number | undefined
  readonly scaledInAtMs: number | undefined
}

export const untracked: Tracked = { rates: [], scaledOutAtMs: undefined, scaledInAtMs: undefined }

export interface Minute {
  /** Units that were consumed per second. */
  readonly rate: number
  /** Units that are provisioned. */
  readonly units: number
  readonly nowMs: number
}

const HIGH_MINUTES = 2
const LOW_MINUTES = 15
/** By how much less than the target is a good deal less, in per cent of what is provisioned. */
const SLACK_PERCENT = 20

/** @returns what shall be provisioned; undefined: what is */
export function track(before: Tracked, { rate, units, nowMs }: Minute, scaling: Scaling): { tracked: Tracked; wanted: number | undefined } {
  const rates = [...before.rates, rate].slice(-LOW_MINUTES)
  const tracked: Tracked = { ...before, rates }
  const recent = rates.slice(-HIGH_MINUTES)
  const { targetPercent: target } = scaling
  if (recent.length === HIGH_MINUTES && recent.every((each) => each * 100 > units * target)) {
    const wanted = within(scaling, Math.ceil((Math.max(...recent) * 100) / target))
    if (wanted <= units || !cooledDown(before.scaledOutAtMs, scaling.scaleOutCooldownS, nowMs)) return { tracked, wanted: undefined }
    return { tracked: { ...tracked, rates: [], scaledOutAtMs: nowMs }, wanted }
  }
  const low = units * Math.max(0, target - SLACK_PERCENT)
  if (scaling.disableScaleIn === true || rates.length < LOW_MINUTES || !rates.every((each) => each * 100 < low || each === 0)) {
    return { tracked, wanted: undefined }
  }
  const wanted = within(scaling, Math.ceil((Math.max(...rates) * 100) / target))
  if (wanted >= units || !cooledDown(before.scaledInAtMs, scaling.scaleInCooldownS, nowMs)) return { tracked, wanted: undefined }
  return { tracked: { ...tracked, scaledInAtMs: nowMs }, wanted }
}

export function within({ minimumUnits, maximumUnits }: Scaling, units: number): number {
  return Math.min(maximumUnits, Math.max(minimumUnits, units))
}

function cooledDown(lastMs: number | undefined, cooldownS = 0, nowMs: number): boolean {
  return lastMs === undefined || nowMs >= lastMs + cooldownS * 1000
}
