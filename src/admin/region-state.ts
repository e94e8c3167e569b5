import type { RegionNode } from '../world/region-node.ts'
import type { RegionState } from './wire.ts'

/** A Region, as far as it is in memory: cheap enough to be looked at often. */
export function stateOf({ name, running, cutOff, clock }: RegionNode): Omit<RegionState, 'tables'> {
  const status = running === undefined ? 'crashed' : cutOff ? 'outage' : 'running'
  return { name, status, clockOffsetMs: Math.round(clock.offsetMs) }
}
