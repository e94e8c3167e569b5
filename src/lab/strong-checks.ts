import type { Scheduler } from '../base/scheduler.ts'
import type { ChangeRecord } from '../engine/change-log.ts'
import { changeRange, decodeChange } from '../engine/change-log.ts'
import { pagesOf } from '../storage/pages.ts'
import type { StoredItem } from '../engine/stored-item.ts'
import { digestTable } from '../world/inspection.ts'
import type { World } from '../world/world.ts'
import { itemKeyOf, tableName } from './lab-items.ts'
import type { Step } from './linearizability.ts'
import { impossible, judgeHistory } from './linearizability.ts'
import type { Violation } from './violation.ts'

/** What clients of a strong table did, and what they were told. The value of an item names all additions since it was created. */
export interface StrongOperation {
  readonly id: string
  readonly region: string
  readonly kind: StrongOperationKind
  readonly key: string
  readonly calledAtMs: number
  answer: StrongAnswer | undefined
  answeredAtMs: number | undefined
}

export type StrongOperationKind = 'add' | 'create' | 'delete' | 'read' | 'weak-read'

export type StrongAnswer =
  | { readonly kind: 'written' | 'kept' | 'read'; readonly saw: string | undefined }
  /** `refused`, `overtaken`: certainly without effect. */
  | { readonly kind: 'refused' | 'overtaken' | 'unknown' }

export interface StrongFacts {
  readonly world: World
  readonly scheduler: Scheduler
  readonly replicas: readonly string[]
  readonly keyNames: readonly string[]
  readonly operations: readonly StrongOperation[]
}

type Value = string | undefined

export async function checkStrong(facts: StrongFacts): Promise<Violation[]> {
  const { world, scheduler, replicas, keyNames } = facts
  const violations = keyNames.flatMap((key) => linearizabilityOf(key, facts))
  const digests = await digestTable(world, scheduler, tableName)
  if (digests?.converged !== true) violations.push({ rule: 'replicas differ', key: undefined, message: 'their digests or cursors differ' })
  const [first, ...others] = await Promise.all(replicas.map((region) => changesIn(world, region)))
  for (const key of keyNames) {
    const values = valuesOf(first ?? [], key)
    if (values === undefined)
      violations.push({ rule: 'the change log is not what happened', key, message: 'an old image is not what was there before' })
    for (const other of others) {
      const same = JSON.stringify(valuesOf(other, key)) === JSON.stringify(values)
      if (!same) violations.push({ rule: 'the change log is not what happened', key, message: 'two replicas tell different changes' })
    }
    for (const region of replicas) violations.push(...stepsBack(key, region, values ?? [], facts))
  }
  return violations
}

function linearizabilityOf(key: string, { operations }: StrongFacts): Violation[] {
  const steps = operations.filter((each) => each.key === key && each.kind !== 'weak-read').flatMap((operation) => stepOf(operation) ?? [])
  const verdict = judgeHistory<Value>(steps, undefined, (state) => state ?? '-', triesMax)
  if (verdict.outcome === 'linearizable') return []
  const message = `${verdict.outcome}: ${verdict.order.length} of ${steps.length} operations fit, then it holds ${verdict.state ?? 'nothing'}`
  return [{ rule: 'a client saw what is not', key, message }]
}

function stepOf({ id, kind, calledAtMs, answeredAtMs, answer }: StrongOperation): Step<Value> | undefined {
  if (answer?.kind === 'refused' || answer?.kind === 'overtaken') return undefined
  const effect = (state: Value): Value => {
    if (kind === 'delete') return undefined
    if (kind === 'create') return state ?? id
    return kind === 'add' ? `${state ?? ''}+${id}` : state
  }
  if (answer === undefined || !('saw' in answer)) return { calledAt: calledAtMs, answeredAt: undefined, from: effect }
  const { saw } = answer
  return {
    calledAt: calledAtMs,
    answeredAt: answeredAtMs,
    from: (state) => (state === saw ? (answer.kind === 'written' ? effect(state) : state) : impossible),
  }
}

async function changesIn(world: World, region: string): Promise<readonly ChangeRecord[]> {
  const running = world.region(region)?.running
  const table = running?.engine.table(tableName)
  if (running === undefined || table === undefined) return []
  const records: ChangeRecord[] = []
  for await (const page of pagesOf(running.store, changeRange(table.number, 0n), { entriesMax: 1000, bytesMax: 1 << 20 })) {
    for (const { key, value } of page) records.push(decodeChange(key, value))
  }
  return records
}

/** What an item was, one after the other; undefined when a change does not begin with what the one before it made. */
function valuesOf(changes: readonly ChangeRecord[], key: string): readonly Value[] | undefined {
  const itemKey = itemKeyOf(key)
  const values: Value[] = [undefined]
  for (const change of changes) {
    if (Buffer.compare(change.itemKey, itemKey) !== 0) continue
    if (valueOf(change.before) !== values.at(-1)) return undefined
    values.push(valueOf(change.after))
  }
  return values
}

/** Reads in one Region never go back to an earlier value of an item, eventually consistent ones neither. */
function stepsBack(key: string, region: string, values: readonly Value[], { operations }: StrongFacts): Violation[] {
  const reads = operations.filter((each) => each.key === key && each.region === region && each.answer?.kind === 'read')
  const placed: { readonly answeredAtMs: number; readonly at: number }[] = []
  for (const read of reads) {
    const saw = read.answer !== undefined && 'saw' in read.answer ? read.answer.saw : undefined
    const from = placed.filter(({ answeredAtMs }) => answeredAtMs < read.calledAtMs).reduce((last, { at }) => Math.max(last, at), 0)
    const at = values.findIndex((value, index) => index >= from && value === saw)
    if (at < 0) return [{ rule: 'a client saw the past', key, message: `operation ${read.id} in ${region} read ${saw ?? 'nothing'}` }]
    placed.push({ answeredAtMs: read.answeredAtMs ?? Infinity, at })
  }
  return []
}

function valueOf(stored: StoredItem | undefined): Value {
  const value = stored?.item['v']
  return value !== undefined && 'S' in value ? value.S : undefined
}

const triesMax = 300_000
