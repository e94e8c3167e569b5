import type { AttributeMap, AttributeValue } from '../item/attribute-value.ts'
import type { Facts } from './checker.ts'
import type { Operation } from './history.ts'
import type { MergedCall } from './merged-item.ts'
import { mergedKeys } from './merged-item.ts'
import { saw } from './oracle.ts'
import { policiesOf } from './plan.ts'
import { sameText } from './same-text.ts'
import type { Violation } from './violation.ts'
import type { WrittenVersion } from './write-log.ts'

/**
 * Judges items of a table that merged all the time, from the history of writes alone: every addition counts that what reset the counter had not seen, elements that
 * were put in are there unless somebody who saw them took them out, what was appended is there once, members of maps stand beside each other.
 */
export function checkMerged({ plan, operations, written, state }: Facts): readonly Violation[] {
  if (policiesOf(plan).some((policy) => policy !== 'merge')) return []
  const violations: Violation[] = []
  for (const key of mergedKeys) {
    const past = pastOf(key, operations, written)
    if (past === undefined) continue
    const expected = expectedOf(past)
    for (const { region, imageByKey } of state.replicas) {
      const image = imageByKey.get(key)
      for (const attribute of ['n', 's', 'l', 'm', 'pk']) {
        const [is, shall] = [textOf(image?.[attribute]), textOf(expected?.[attribute])]
        if (attribute === 'pk' ? (image === undefined) !== (expected === undefined) : is !== shall) {
          violations.push({
            rule: 'what merged is not what was written',
            key,
            message: `${region} shows ${attribute} as ${is}, written was ${shall}`,
          })
        }
      }
    }
    if (
      losesTheNumber(past) &&
      !state.conflicts.some(({ loser, lost, withdrawn }) => !withdrawn && lost?.includes('n') === true && isOf(loser.itemKey, key))
    ) {
      violations.push({ rule: 'the ledger is not what was lost', key, message: 'a SET of n was lost, and no Region says so' })
    }
  }
  return violations
}

interface Past {
  readonly call: MergedCall
  readonly written: WrittenVersion
  /** Whether the map was there when a member was written. */
  readonly intoMap: boolean
}

/** Everything durable that was written; undefined when somebody else wrote it too, as whoever settles conflicts does. */
function pastOf(key: string, operations: readonly Operation[], written: readonly WrittenVersion[]): readonly Past[] | undefined {
  const past: Past[] = []
  for (const version of written) {
    if (version.key !== key || version.state !== 'durable') continue
    const operation = version.operation === undefined ? undefined : operations[version.operation]
    if (operation?.value === undefined) return undefined
    const map = version.version.stored?.item['m']
    const call = JSON.parse(operation.value) as MergedCall
    const intoMap = map !== undefined && 'M' in map && map.M[call.name] !== undefined
    past.push({ call, written: version, intoMap })
  }
  return past.length === 0 ? undefined : past
}

function textOf(value: AttributeValue | undefined): string {
  return value === undefined ? 'nothing' : sameText({ value })
}

/** What must be shown. */
function expectedOf(past: readonly Past[]): AttributeMap | undefined {
  const of = (...kinds: readonly MergedCall['kind'][]): readonly Past[] =>
    past.filter(({ call }) => kinds.includes(call.kind) && !isErased(call, past))
  if (!past.some(({ call }) => call.kind !== 'delete' && !isErased(call, past))) return undefined
  const n = topOf(of('set'))
  const added = of('add').filter((each) => n === undefined || !hasSeen(n, each))
  const shown: Record<string, AttributeValue> = { pk: { BOOL: true } }
  if (n !== undefined || added.length > 0) shown['n'] = { N: String(added.reduce((sum, { call }) => sum + call.by, n?.call.by ?? 0)) }

  const excluded = of('exclude')
  const included = of('include').filter((each) => !excluded.some((other) => other.call.name === each.call.name && hasSeen(other, each)))
  if (included.length > 0) shown['s'] = { SS: [...new Set(included.map(({ call }) => call.name))].sort() }

  const front = inOrder(of('prepend')).reverse()
  const list = [...front, ...inOrder(of('append'))].map(({ call }) => ({ N: String(call.by) }))
  if (list.length > 0) shown['l'] = { L: list }

  const maps = of('member').filter(({ intoMap }) => !intoMap)
  const members: [string, AttributeValue][] = []
  for (const name of ['a', 'b', 'c', 'd']) {
    const direct = of('member').filter((each) => each.intoMap && each.call.name === name)
    const top = topOf(direct.filter((each) => ![...direct, ...maps].some((other) => other !== each && hasSeen(other, each))))
    if (top !== undefined) members.push([name, { N: String(top.call.by) }])
  }
  if (maps.length > 0 || members.length > 0) shown['m'] = { M: Object.fromEntries(members) }
  return shown

  function isErased(call: MergedCall, all: readonly Past[]): boolean {
    const each = all.find((other) => other.call === call)
    return each !== undefined && all.some((other) => other.call.kind === 'delete' && hasSeen(other, each))
  }
}

/** Of several SETs that had not seen each other one is lost, unless it wrote the same. */
function losesTheNumber(past: readonly Past[]): boolean {
  const sets = past.filter(({ call }) => call.kind === 'set')
  const erasing = past.filter(({ call }) => call.kind === 'set' || call.kind === 'delete')
  const live = sets.filter((each) => !erasing.some((other) => other !== each && hasSeen(other, each)))
  return new Set(live.map(({ call }) => call.by)).size > 1 && past.every(({ call }) => call.kind !== 'add')
}

function hasSeen(a: Past, b: Past): boolean {
  return a !== b && saw(a.written, b.written.version.dot)
}

/** The highest of those that no other of them has seen. */
function topOf(past: readonly Past[]): Past | undefined {
  return inOrder(past.filter((each) => !past.some((other) => hasSeen(other, each)))).at(-1)
}

function inOrder(past: readonly Past[]): Past[] {
  return [...past].sort((a, b) => rank(a, b))
}

function rank({ written: { version: a } }: Past, { written: { version: b } }: Past): number {
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp ? -1 : 1
  if (a.region !== b.region) return a.region < b.region ? -1 : 1
  return a.dot.incarnation === b.dot.incarnation ? a.dot.n - b.dot.n : a.dot.incarnation < b.dot.incarnation ? -1 : 1
}

function isOf(itemKey: string, key: string): boolean {
  return Buffer.from(itemKey, 'hex').includes(key)
}
