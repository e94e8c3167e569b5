import type { Random } from '../base/random.ts'
import { fraction, pick } from '../base/random.ts'
import { sleep } from '../base/scheduler.ts'
import type { Verdict } from '../engine/item-writer.ts'
import { StoredItem, encodeImage } from '../engine/stored-item.ts'
import type { StoredItem as Shown } from '../engine/stored-item.ts'
import type { Item } from '../item/attribute-value.ts'
import { itemSizeBytes } from '../item/item-size.ts'
import { StoreClosed } from '../storage/store.ts'
import type { Coverage } from './coverage.ts'
import type { Answer, History, Operation } from './history.ts'
import type { LabWorld } from './lab-world.ts'
import { itemKeyOf } from './lab-world.ts'
import type { OperationKind, SimulationPlan } from './plan.ts'
import { diceFor } from './plan.ts'
import type { WriteLog } from './write-log.ts'
import { valueIn } from './write-log.ts'

/** Clients in every Region, each with one operation at a time on a handful of hot keys, until the safety phase ends. */
export async function runClients(parts: ClientParts): Promise<void> {
  const { plan } = parts
  const clients = plan.regions.flatMap((region, index) =>
    Array.from({ length: plan.clientsPerRegion }, (_, each) => runClient(parts, region, index * plan.clientsPerRegion + each)),
  )
  await Promise.all(clients)
}

export interface ClientParts {
  readonly plan: SimulationPlan
  readonly lab: LabWorld
  readonly history: History
  readonly writeLog: WriteLog
  readonly coverage: Coverage
  readonly untilMs: number
}

async function runClient(parts: ClientParts, region: string, client: number): Promise<void> {
  const { plan, lab, history, untilMs } = parts
  const random = diceFor(plan.seed, `client ${client}`)
  for (let count = 0; count < plan.operationsPerClient && history.nowMs < untilMs; count++) {
    await sleep(lab.time, 1 + plan.thinkMsMax * fraction(random))
    await operate(parts, region, client, pick(random, plan.keyNames), drawKind(plan, random))
  }
}

async function operate(parts: ClientParts, region: string, client: number, key: string, kind: OperationKind): Promise<void> {
  const { lab, history, writeLog, coverage } = parts
  const served = await lab.served(region)
  if (served === undefined) return
  const { engine, table } = served
  const value = kind === 'get' || kind === 'delete' ? undefined : kind === 'put-same' ? 'same' : `v${history.operations.length}`
  const operation = history.called({ region, client, kind, key, value, table: table.number })
  const itemKey = itemKeyOf(key)
  const home = homeOf(parts.plan, operation)
  try {
    if (kind === 'get') {
      const shown = await engine.getItem(table, itemKey)
      history.answered(operation, { kind: 'read', atMs: history.nowMs, saw: shown && valueIn({ stored: shown }) })
      return
    }
    const outcome = await engine.write(table, itemKey, (before) => {
      writeLog.claim(operation.id)
      return judge(operation, home, before)
    })
    if (outcome.kind !== 'written') {
      history.answered(operation, { kind: 'refused', atMs: history.nowMs })
      if (outcome.kind === 'not-here') coverage.add('writes refused away from home')
      return
    }
    history.answered(operation, { ...outcome.result, atMs: history.nowMs })
    coverage.add(outcome.result.kind === 'written' ? 'writes acknowledged' : 'conditions that did not hold')
  } catch (error) {
    if (!(error instanceof StoreClosed)) throw error
    history.answered(operation, { kind: 'unknown', atMs: history.nowMs })
    coverage.add('writes with unknown outcome')
  }
}

type Written = Omit<Extract<Answer, { kind: 'written' | 'kept' }>, 'atMs'>

/** What the operation does to what it finds. Pure, as the engine asks. */
function judge({ kind, key, value }: Operation, home: string | undefined, before: Shown | undefined): Verdict<Written> {
  const saw = before && valueIn({ stored: before })
  const kept: Verdict<Written> = { kind: 'keep', result: { kind: 'kept', saw } }
  const written: Written = { kind: 'written', saw }
  const put = (item: Item): Verdict<Written> => ({ kind: 'put', item: storedItem(item), result: written })
  const fresh: Item = { pk: { S: key }, v: { S: value ?? '' }, ...(home === undefined ? {} : { home: { S: home } }) }
  switch (kind) {
    case 'put':
    case 'put-same':
      return put(fresh)
    case 'update':
      return put({ ...before?.item, ...fresh, was: { S: saw ?? 'nothing' } })
    case 'create':
      return before === undefined ? put(fresh) : kept
    case 'replace':
      return before === undefined ? kept : put(fresh)
    case 'delete':
      return before === undefined ? kept : { kind: 'delete', result: written }
    case 'get':
      return kept
  }
}

/** Under some policies items name their home: mostly the Region that writes, sometimes another, sometimes none. */
function homeOf({ policies, regions }: SimulationPlan, { kind, region, id }: Operation): string | undefined {
  if (kind === 'put-same' || !policies.some((policy) => policy.includes('attribute='))) return undefined
  return [region, regions[id % regions.length], region, undefined][Math.floor(id / 3) % 4]
}

function storedItem(item: Item): StoredItem {
  return new StoredItem(encodeImage(item), itemSizeBytes(item))
}

function drawKind(plan: SimulationPlan, random: Random): OperationKind {
  const weights = Object.entries(plan.weights) as [OperationKind, number][]
  let rest = fraction(random) * weights.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [kind, weight] of weights) {
    rest -= weight
    if (rest < 0) return kind
  }
  return 'put'
}
