import { describe, expect, test } from 'vitest'
import { chance, fraction, integerBelow, pick, seededRandom } from '../base/random.ts'
import { StoredItem, encodeImage } from '../engine/stored-item.ts'
import type { AttributeMap, AttributeValue, Item } from '../item/attribute-value.ts'
import type { ItemEdit } from '../item/item-edit.ts'
import { itemSizeBytes } from '../item/item-size.ts'
import type { Cursors } from './cursors.ts'
import { cursorOf, joinInto, noCursors, reaches } from './cursors.ts'
import { soleMember } from './membership.ts'
import { copyOf, keyNamesOf, mergeDataOf, mergePolicy } from './merge.ts'
import type { MergeCopy } from './merge-join.ts'
import { joinCopies } from './merge-join.ts'
import type { ItemCopy, ModelOperation } from './merge-model.contract.ts'
import * as model from './merge-model.contract.ts'
import { shownMembers } from './merge-shown.ts'
import type { Siblings } from './siblings.ts'
import { receive } from './siblings.ts'
import type { Version } from './version.ts'
import { encodeVersion } from './version.ts'

/**
 * What the product merges, in lockstep with the model of it: the same writes, the same deliveries, and things let go here and not yet there.
 */
const schema = { partition: { name: 'pk', type: 'S' }, sort: undefined } as const
const policy = mergePolicy(schema)
const membership = soleMember('A')
const keyNames = keyNamesOf(schema)
const names = ['A', 'B', 'C'] as const

interface Place {
  readonly name: string
  readonly incarnation: string
  cursors: Cursors
  siblings: Siblings
  /** What is known to be everywhere. */
  stable: Cursors
  modelSeen: model.Context
  modelItem: ItemCopy | undefined
  readonly inbox: { readonly from: string; readonly version: Version; readonly dot: model.ModelDot; readonly item: ItemCopy }[]
}

function run(seed: number, steps = 50): { readonly places: readonly Place[]; readonly versions: readonly Version[] } {
  const random = seededRandom(seed)
  const places = names.map((name, at): Place => ({
    name,
    incarnation: String(at + 1).padStart(16, '0'),
    cursors: noCursors,
    siblings: [],
    stable: noCursors,
    modelSeen: {},
    modelItem: undefined,
    inbox: [],
  }))
  const versions: Version[] = []
  for (let step = 0; step < steps; step++) {
    const place = pick(random, places)
    const dice = fraction(random)
    if (dice < 0.45) {
      const version = writeAt(place, model.drawOperation(random), step + integerBelow(random, 7), places)
      if (version !== undefined) versions.push(version)
    } else if (dice < 0.85) deliver(place, pick(random, names))
    else {
      if (chance(random, 0.4)) for (const each of places) while (each.inbox.length > 0) deliver(each, each.inbox[0]?.from ?? '')
      if (places.every(({ inbox }) => inbox.length === 0)) {
        for (const each of places) {
          if (!chance(random, 0.5)) continue
          each.stable = each.cursors
          if (each.siblings.every(({ stored }) => stored === undefined)) each.siblings = []
          if (each.modelItem !== undefined)
            each.modelItem = model.shownOf(each.modelItem.state) === undefined ? undefined : model.collect(each.modelItem)
        }
      }
    }
  }
  for (const each of places) while (each.inbox.length > 0) deliver(each, each.inbox[0]?.from ?? '')
  return { places, versions }
}

function writeAt(place: Place, operation: ModelOperation, clock: number, places: readonly Place[]): Version | undefined {
  const before = shownOf(place.siblings)
  if (before === undefined && (operation.kind === 'delete' || operation.kind === 'remove' || operation.kind === 'exclude')) return undefined
  if ('path' in operation && operation.path.startsWith('m.') && !(before?.['m'] !== undefined && 'M' in before['m'])) return undefined
  if (operation.kind === 'remove' && operation.path.startsWith('m.') && isLastMember(before?.['m'])) return undefined
  const edit = operation.kind === 'delete' ? undefined : editOf(operation)
  const after = edit === undefined ? undefined : applied(before ?? { pk: { S: 'k' } }, edit)
  const dot = { incarnation: place.incarnation, n: cursorOf(place.cursors, place.incarnation) + 1 }
  const context = new Map(place.cursors)
  let timestamp = BigInt(clock)
  for (const sibling of place.siblings) {
    joinInto(context, sibling.context)
    joinInto(context, new Map([[sibling.dot.incarnation, sibling.dot.n]]))
    if (sibling.timestamp >= timestamp) timestamp = sibling.timestamp + 1n
  }
  const stored = after && storedItem(after)
  const version = encodeVersion({
    dot,
    timestamp,
    region: place.name,
    base: undefined,
    context,
    epoch: 0,
    committedAtMs: 0,
    itemKey: Buffer.from('k'),
    stored,
    merge: mergeDataOf(
      {
        siblings: place.siblings,
        membership,
        schema,
        stamp: { dot, timestamp, region: place.name },
        before: before && storedItem(before),
        after: stored,
        edits: edit && [edit],
        isStable: (each) => reaches(place.stable, each),
      },
      true,
    ),
  })
  place.siblings = [version]
  place.cursors = new Map(place.cursors).set(place.incarnation, dot.n)
  expect(ownShow(version), 'a version shows what was written').toEqual(after === undefined ? undefined : sorted(after))

  const modelDot = { i: place.name, n: dot.n }
  const held = place.modelItem ?? model.nothingYet
  const item = model.write(held, operation, modelDot, model.joinContexts(held.context, place.modelSeen), Number(timestamp))
  place.modelSeen = { ...place.modelSeen, [place.name]: dot.n }
  place.modelItem = item
  for (const other of places) if (other !== place) other.inbox.push({ from: place.name, version, dot: modelDot, item })
  return version
}

/** In the model a map goes with its last member when nobody is left who wrote the map itself; an update leaves an empty one. */
function isLastMember(map: AttributeValue | undefined): boolean {
  return map !== undefined && 'M' in map && Object.keys(map.M).length === 1
}

function deliver(place: Place, from: string): void {
  const at = place.inbox.findIndex((message) => message.from === from)
  const [message] = at < 0 ? [] : place.inbox.splice(at, 1)
  if (message === undefined) return
  const { version, dot, item } = message
  place.siblings = receive(place.siblings, version, membership)
  place.cursors = new Map(place.cursors).set(version.dot.incarnation, version.dot.n)
  place.modelSeen = model.joinContexts(place.modelSeen, { [dot.i]: dot.n })
  place.modelItem = model.joinCopies(place.modelItem ?? model.nothingYet, item)
}

function editOf(operation: Exclude<ModelOperation, { kind: 'delete' }>): ItemEdit {
  const path = operation.path.split('.')
  switch (operation.kind) {
    case 'add':
      return { kind: 'add', path, by: String(operation.by) }
    case 'set':
      return { kind: 'set', path, value: valueOf(operation.value) }
    case 'remove':
      return { kind: 'remove', path }
    case 'append':
      return { kind: 'append', path, elements: [{ S: operation.element }] }
    case 'include':
    case 'exclude':
      return { kind: operation.kind, path, elements: { SS: [operation.element] } }
  }
}

function valueOf(value: number | readonly string[] | 'map'): AttributeValue {
  if (value === 'map') return { M: {} }
  return typeof value === 'number' ? { N: String(value) } : { L: value.map((element) => ({ S: element })) }
}

/** What an update would make of it. */
function applied(item: Item, edit: ItemEdit): Item {
  const [name = '', ...rest] = edit.path
  const { [name]: old, ...others } = item
  if (rest.length > 0) return { ...item, [name]: { M: applied(old !== undefined && 'M' in old ? old.M : {}, { ...edit, path: rest }) } }
  const made = appliedAt(old, edit)
  return made === undefined ? others : { ...item, [name]: made }
}

function appliedAt(old: AttributeValue | undefined, edit: ItemEdit): AttributeValue | undefined {
  switch (edit.kind) {
    case 'set':
      return edit.value
    case 'remove':
      return undefined
    case 'add':
      return { N: String((old !== undefined && 'N' in old ? Number(old.N) : 0) + Number(edit.by)) }
    case 'append':
    case 'prepend':
      return { L: [...(old !== undefined && 'L' in old ? old.L : []), ...edit.elements] }
    case 'include':
    case 'exclude': {
      const elements = new Set(old !== undefined && 'SS' in old ? old.SS : [])
      for (const element of 'SS' in edit.elements ? edit.elements.SS : []) {
        if (edit.kind === 'include') elements.add(element)
        else elements.delete(element)
      }
      return elements.size === 0 ? undefined : { SS: [...elements].sort() }
    }
  }
}

function storedItem(item: Item): StoredItem {
  return new StoredItem(encodeImage(item), itemSizeBytes(item))
}

function shownOf(siblings: Siblings): Item | undefined {
  return siblings.length === 0 ? undefined : policy.show(siblings, membership).stored?.item
}

/** What a version's own data show. */
function ownShow(version: Version): Item | undefined {
  const { state } = copyOf(version, membership, keyNames)
  return state.exist.size === 0 ? undefined : { pk: { S: 'k' }, ...shownMembers(state.root) }
}

function sorted(item: AttributeMap): AttributeMap {
  return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function asItem(shown: Readonly<Record<string, unknown>> | undefined): Item | undefined {
  if (shown === undefined) return undefined
  const value = (name: string, of: unknown): AttributeValue => {
    if (typeof of === 'number') return { N: String(of) }
    if (Array.isArray(of)) return name === 's' ? { SS: of as string[] } : { L: (of as string[]).map((element) => ({ S: element })) }
    return { M: Object.fromEntries(Object.entries(of as object).map(([member, each]) => [member, value(member, each)])) }
  }
  return { pk: { S: 'k' }, ...Object.fromEntries(Object.entries(shown).map(([name, of]) => [name, value(name, of)])) }
}

/** A state as text in which the order of its parts does not matter. */
function canonical(copy: MergeCopy): string {
  const plain = (part: unknown): unknown => {
    if (typeof part === 'bigint') return String(part)
    if (part instanceof Set) return [...(part as Set<string>)].sort()
    if (part instanceof Map)
      return [...(part as Map<string, unknown>)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, of]) => [name, plain(of)])
    if (Array.isArray(part)) return part.map(plain)
    if (typeof part !== 'object' || part === null) return part
    const entries = Object.entries(part).filter(
      ([name]) => !['merge', 'stored', 'bytes', 'context', 'base', 'itemKey', 'notes', 'relative'].includes(name),
    )
    return 'incarnation' in part
      ? part
      : Object.fromEntries(entries.filter(([name]) => name !== 'epoch' && name !== 'committedAtMs').map(([name, of]) => [name, plain(of)]))
  }
  return JSON.stringify(plain(copy.state))
}

describe('merge', () => {
  test('REP-14 to REP-17: shows in every Region what the model shows, whatever arrives when, and whatever is let go where', () => {
    for (let seed = 1; seed <= 1500; seed++) {
      const { places } = run(seed)
      for (const { name, siblings, modelItem } of places) {
        const expected = asItem(modelItem && model.shownOf(modelItem.state))
        expect(shownOf(siblings), `seed ${seed}, ${name}`).toEqual(expected)
      }
    }
  })

  test('REP-14: the same versions in any order, grouping and repetition come to the same', () => {
    for (let seed = 1; seed <= 600; seed++) {
      const random = seededRandom(seed)
      const { versions } = run(seed)
      if (versions.length < 3) continue
      const [a, b, c] = [pick(random, versions), pick(random, versions), pick(random, versions)].map((version) =>
        copyOf(version, membership, keyNames),
      )
      if (a === undefined || b === undefined || c === undefined) continue
      const all = canonical(joinCopies([a, b, c]))
      expect(canonical(joinCopies([c, a, b])), `seed ${seed}`).toBe(all)
      expect(canonical(joinCopies([joinCopies([a, b]), c])), `seed ${seed}`).toBe(all)
      expect(canonical(joinCopies([a, joinCopies([c, b])])), `seed ${seed}`).toBe(all)
      expect(canonical(joinCopies([a, b, a, c, b])), `seed ${seed}`).toBe(all)
    }
  })

  test('REP-14: what is shown is the same bytes, in whatever order the versions came', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const { places } = run(seed)
      const images = places.map(({ siblings }) => (siblings.length === 0 ? 'nothing' : imageOf(siblings)))
      expect(new Set(images.filter((image) => image !== 'nothing')).size, `seed ${seed}`).toBeLessThanOrEqual(1)
    }
  })
})

function imageOf(siblings: Siblings): string {
  const { stored } = policy.show(siblings, membership)
  return stored === undefined ? 'nothing' : Buffer.from(stored.image).toString()
}
