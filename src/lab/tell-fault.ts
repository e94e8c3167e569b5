import type { Fault } from '../world/fault.ts'

/** A fault in words, for stories. */
export function tellFault(fault: Fault): string {
  const lasting = fault.durationMs === undefined ? '' : `, for ${seconds(fault.durationMs)}`
  return `${what(fault)}${lasting}`
}

function what(fault: Fault): string {
  switch (fault.kind) {
    case 'partition':
      return `${fault.between[0]} and ${fault.between[1]} are cut from each other`
    case 'pause':
      return `${fault.region} is cut from all others${fault.table === undefined ? '' : ` for the table ${fault.table}`}`
    case 'latency':
      return `from ${fault.from} to ${fault.to} it takes ${seconds(fault.ms)}`
    case 'skew': {
      const drift = fault.driftPpm === 0 ? '' : `, and gains ${fault.driftPpm / 1_000_000} s a second`
      return `the clock of ${fault.region} is ${seconds(Math.abs(fault.ms))} ${fault.ms < 0 ? 'behind' : 'ahead'}${drift}`
    }
    case 'outage':
      return `${fault.region} answers nobody`
    case 'crash':
      return `${fault.region} crashes${fault.durationMs === undefined ? ' and recovers at once' : ''}`
    default:
      return JSON.stringify(fault)
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
