import type { Random } from '../../base/random.ts'
import { chance, fraction, integerBelow, pick } from '../../base/random.ts'
import type { Verdict } from '../../engine/item-writer.ts'
import type { StoredItem as Shown } from '../../engine/stored-item.ts'
import type { Scene } from '../actor.ts'
import { actor } from '../actor.ts'
import type { Answer } from '../history.ts'
import { itemKeyOf, storedItem, valueIn } from '../lab-items.ts'
import type { MergedCall } from '../merged-item.ts'
import { edited, editOf, mergedKeys } from '../merged-item.ts'

/** Clients that add to counters, sets and lists in every Region, as UpdateItem does. What must come of it where the policy is `merge` is judged by `check-merged.ts`. */
export const mergedClients = actor<MergedCall>({
  share: 0.7,
  draw({ setting, random }) {
    if (setting.policy !== 'merge' && !chance(random, 0.3)) return []
    const callsMax = 10 + integerBelow(random, 40)
    const thinkMsMax = pick(random, [100, 500, 1000, 3000])
    const deletes = chance(random, 0.6) ? 0.08 : 0
    return setting.regions.map((region) => {
      const steps = []
      for (let atMs = thinkMsMax * fraction(random); atMs < setting.untilMs && steps.length < callsMax;) {
        steps.push({ atMs: Math.round(atMs), what: drawCall(random, region, deletes, steps.length) })
        atMs += 1 + thinkMsMax * fraction(random)
      }
      return { name: region, when: 'storm' as const, steps }
    })
  },
  act: carryOut,
})

async function carryOut(call: MergedCall, { lab, history, writeLog, lane }: Scene): Promise<void> {
  const { region, key } = call
  const served = await lab.served(region)
  if (served === undefined) return
  const { engine, table } = served
  const value = JSON.stringify(call)
  const operation = history.called({
    region,
    client: `merged ${lane}`,
    kind: call.kind,
    key,
    value,
    table: table.number,
    together: undefined,
  })
  await history.answerOf(operation, async (): Promise<Answer> => {
    const outcome = await engine.write(table, itemKeyOf(key), (before) => {
      writeLog.claim(operation)
      return judge(call, before)
    })
    if (outcome.kind !== 'written') return { kind: 'refused', atMs: history.nowMs }
    return { ...outcome.result, atMs: history.nowMs }
  })
}

type Written = Omit<Extract<Answer, { kind: 'written' | 'kept' }>, 'atMs'>

function judge(call: MergedCall, before: Shown | undefined): Verdict<Written> {
  const saw = before && valueIn({ stored: before })
  const result: Written = { kind: 'written', saw }
  if (before === undefined && (call.kind === 'delete' || call.kind === 'exclude')) return { kind: 'keep', result: { kind: 'kept', saw } }
  const edit = editOf(call, before?.item)
  if (edit === undefined) return { kind: 'delete', result }
  return { kind: 'put', item: storedItem(edited(before?.item ?? { pk: { S: call.key } }, edit)), result, edits: () => [edit] }
}

function drawCall(random: Random, region: string, deletes: number, step: number): MergedCall {
  const call = { region, key: pick(random, mergedKeys), by: step * 7 + integerBelow(random, 7), name: pick(random, ['a', 'b', 'c', 'd']) }
  if (chance(random, deletes)) return { ...call, kind: 'delete' }
  return {
    ...call,
    kind: pick(random, ['add', 'add', 'add', 'set', 'include', 'include', 'exclude', 'append', 'append', 'prepend', 'member', 'member']),
  }
}
