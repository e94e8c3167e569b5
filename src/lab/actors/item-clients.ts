import type { Random } from '../../base/random.ts'
import { chance, fraction, integerBelow, pick } from '../../base/random.ts'
import type { Verdict } from '../../engine/item-writer.ts'
import type { StoredItem as Shown } from '../../engine/stored-item.ts'
import type { Item } from '../../item/attribute-value.ts'
import type { Frame, Scene } from '../actor.ts'
import { actor } from '../actor.ts'
import type { Answer } from '../history.ts'
import { itemKeyOf, storedItem, valueIn } from '../lab-items.ts'

/** One call of a client. */
export interface ItemCall {
  readonly region: string
  readonly kind: ItemCallKind
  readonly key: string
  /** What it writes, if it writes something. Unique, but for `put-same`. */
  readonly value?: string
  /** The Region that the item names as its home. */
  readonly home?: string
  /** When the item expires, milliseconds from the call on. */
  readonly livesMs?: number
}

export type ItemCallKind = 'put' | 'put-same' | 'update' | 'delete' | 'create' | 'replace' | 'get'

/** Clients in every Region, each with one call at a time on a handful of hot keys. */
export const itemClients = actor<ItemCall>({
  share: 1,
  draw(frame) {
    const { setting, random } = frame
    const perRegion = 1 + integerBelow(random, 2)
    const callsMax = 20 + integerBelow(random, 60)
    const thinkMsMax = pick(random, chance(random, 0.3) ? [100, 300] : [500, 1000, 3000])
    const weights = weightsOf(random)
    return setting.regions.flatMap((region, index) =>
      Array.from({ length: perRegion }, (_, each) => {
        const name = String(index * perRegion + each)
        const steps = []
        for (let atMs = thinkMsMax * fraction(random); atMs < setting.untilMs && steps.length < callsMax;) {
          steps.push({ atMs: Math.round(atMs), what: drawCall(frame, region, weights, `${name}.${steps.length}`) })
          atMs += 1 + thinkMsMax * fraction(random)
        }
        return { name, when: 'storm' as const, steps }
      }),
    )
  },
  act: carryOut,
})

async function carryOut(call: ItemCall, scene: Scene): Promise<void> {
  const { lab, history, writeLog, coverage, lane } = scene
  const { region, kind, key, value } = call
  const served = await lab.served(region)
  if (served === undefined) return
  const { engine, table } = served
  const operation = history.called({ region, client: lane, kind, key, value, table: table.number, together: undefined })
  const itemKey = itemKeyOf(key)
  await history.answerOf(operation, async (): Promise<Answer> => {
    if (kind === 'get') {
      const shown = await engine.getItem(table, itemKey)
      return { kind: 'read', atMs: history.nowMs, saw: shown && valueIn({ stored: shown }) }
    }
    const nowMs = lab.time.nowMs()
    const outcome = await engine.write(table, itemKey, (before) => {
      writeLog.claim(operation)
      return judge(call, before, nowMs)
    })
    if (outcome.kind === 'not-here') coverage.add('writes refused away from home')
    if (outcome.kind !== 'written') return { kind: 'refused', atMs: history.nowMs }
    coverage.add(outcome.result.kind === 'written' ? 'writes acknowledged' : 'conditions that did not hold')
    return { ...outcome.result, atMs: history.nowMs }
  })
}

type Written = Omit<Extract<Answer, { kind: 'written' | 'kept' }>, 'atMs'>

/** What the call does to what it finds. Pure, as the engine asks. */
export function judge({ kind, key, value, home, livesMs }: ItemCall, before: Shown | undefined, nowMs: number): Verdict<Written> {
  const saw = before && valueIn({ stored: before })
  const kept: Verdict<Written> = { kind: 'keep', result: { kind: 'kept', saw } }
  const written: Written = { kind: 'written', saw }
  const put = (item: Item): Verdict<Written> => ({ kind: 'put', item: storedItem(item), result: written })
  const fresh: Item = {
    pk: { S: key },
    v: { S: value ?? '' },
    ...(home !== undefined && { home: { S: home } }),
    ...(livesMs !== undefined && { until: { N: String(Math.floor((nowMs + livesMs) / 1000)) } }),
  }
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

/** How often each call is drawn. */
type Weights = Readonly<Record<ItemCallKind, number>>

function weightsOf(random: Random): Weights {
  const weight = (): number => fraction(random) ** 2
  const deletes = weight() + (chance(random, 0.3) ? 1 : 0)
  return {
    put: 0.3 + weight(),
    'put-same': chance(random, 0.3) ? weight() : 0,
    update: weight(),
    delete: 0.1 + deletes,
    create: weight(),
    replace: weight() / 2,
    get: 0.2 + weight(),
  }
}

function drawCall({ setting, random }: Frame, region: string, weights: Weights, name: string): ItemCall {
  const kind = drawKind(weights, random)
  const call = { region, kind, key: pick(random, setting.keyNames) }
  const home = chance(random, 0.25) ? undefined : chance(random, 0.3) ? pick(random, setting.regions) : region
  if (kind === 'get' || kind === 'delete') return call
  if (kind === 'put-same') return { ...call, value: 'same' }
  const livesMs = 1000 + integerBelow(random, 15_000)
  return {
    ...call,
    value: name,
    ...(home !== undefined && setting.policy !== 'last-writer-wins' && { home }),
    ...(setting.timeToLive && chance(random, 0.5) && { livesMs }),
  }
}

function drawKind(weights: Weights, random: Random): ItemCallKind {
  const entries = Object.entries(weights) as [ItemCallKind, number][]
  let rest = fraction(random) * entries.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [kind, weight] of entries) {
    rest -= weight
    if (rest < 0) return kind
  }
  return 'put'
}
