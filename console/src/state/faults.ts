import type { FaultBody, FaultReport, HealedReply, InjectedReply } from '../../../src/admin/wire.ts'
import { plural, duration } from '../format.ts'
import { post, remove } from '../server/admin.ts'
import { tell, tellFailure } from './notices.ts'

/** Breaking and mending, as every page does it. What is broken comes back as an event. */
export async function inject(fault: FaultBody): Promise<boolean> {
  try {
    await post<InjectedReply>('faults', fault)
    tell(sentenceOf(fault), 'warn')
    return true
  } catch (error) {
    tellFailure(error)
    return false
  }
}

export async function heal({ id }: FaultReport): Promise<void> {
  await remove<HealedReply>(`faults/${encodeURIComponent(id)}`).catch(tellFailure)
}

export async function healAll(): Promise<void> {
  try {
    const { healed } = await remove<HealedReply>('faults')
    tell(healed === 0 ? 'Nothing was broken.' : `Healed ${plural(healed, 'fault')}.`, 'good')
  } catch (error) {
    tellFailure(error)
  }
}

/** A fault in a few words. */
export function titleOf(fault: FaultBody): string {
  switch (fault.kind) {
    case 'partition':
      return `${fault.between[0]} ⇹ ${fault.between[1]} cut`
    case 'pause':
      return `${fault.region} paused`
    case 'latency':
      return `${fault.from} → ${fault.to} slowed to ${duration(fault.ms)}${fault.jitterMs === undefined || fault.jitterMs === 0 ? '' : ` + ${duration(fault.jitterMs)}`}`
    case 'skew':
      return `${fault.region} clock ${fault.ms >= 0 ? '+' : ''}${duration(fault.ms)}`
    case 'outage':
      return `${fault.region} out of reach`
    case 'crash':
      return `${fault.region} crashed`
    case 'throttle':
      return `${fault.region} throttles ${scopeOf(fault)}`
    case 'error':
      return `${fault.region} fails ${scopeOf(fault)}${fault.applied === true ? ', though carried out' : ''}`
    case 'slow':
      return `${fault.region} answers ${scopeOf(fault)} in ${duration(fault.p50Ms)}`
    case 'index-lag':
      return `${fault.region} indexes ${duration(fault.ms)} behind`
    case 'stale':
      return `${fault.region} reads ${duration(fault.ms)} old`
  }
}

function sentenceOf(fault: FaultBody): string {
  return `${titleOf(fault)}${fault.durationMs === undefined ? '' : ` for ${duration(fault.durationMs)}`}.`
}

function scopeOf({
  rate = 1,
  table,
  operation,
}: {
  readonly rate?: number
  readonly table?: string | undefined
  readonly operation?: string | undefined
}): string {
  const part = rate === 1 ? 'all' : `${Math.round(rate * 100)} % of`
  return `${part} ${operation ?? 'requests'}${table === undefined ? '' : ` to ${table}`}`
}

/** Whether a fault is about the Region, or about the link between the two. */
export function concernsRegion(fault: FaultBody, name: string): boolean {
  return 'region' in fault && fault.region === name
}

export function concernsLink(fault: FaultBody, a: string, b: string): boolean {
  if (fault.kind === 'partition') return fault.between.includes(a) && fault.between.includes(b)
  if (fault.kind === 'latency') return (fault.from === a && fault.to === b) || (fault.from === b && fault.to === a)
  return false
}
