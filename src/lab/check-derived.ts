import { changeRange, decodeChange } from '../engine/change-log.ts'
import { decodeIndexEntry, indexEntryOf, setBytes } from '../engine/index-entry.ts'
import { spaceRange, spaces, suffixOf } from '../engine/keyspace.ts'
import type { RegionEngine } from '../engine/region-engine.ts'
import type { StoredItem } from '../engine/stored-item.ts'
import type { Index, Table } from '../engine/table.ts'
import type { Entry, Range, Store } from '../storage/store.ts'
import { replicasOf } from '../world/inspection.ts'
import type { Facts } from './checker.ts'
import { imageText, tableName } from './lab-items.ts'
import type { Violation } from './violation.ts'

/**
 * Judges what follows from the items, in every Region: an index has exactly the entries of the items that are there, and the change log
 * leads, change by change, to what they are.
 */
export async function checkDerived({ world, keyName }: Facts): Promise<readonly Violation[]> {
  const violations: Violation[] = []
  for (const { region, table } of replicasOf(world, tableName)) {
    const engine = world.region(region)?.running?.engine
    const current = engine?.current(table)
    if (engine === undefined || current === undefined) continue
    const items = await itemsOf(engine, current)
    for (const index of current.indexes) violations.push(...(await checkIndex(engine, current, index, items)))
    violations.push(...(await checkChanges(engine, current, items, keyName)))
  }
  return violations
}

interface ShownItem {
  readonly itemKey: Uint8Array
  readonly item: StoredItem
}

async function itemsOf({ store, versioning }: RegionEngine, table: Table): Promise<ReadonlyMap<string, ShownItem>> {
  const items = new Map<string, ShownItem>()
  for (const { key, value } of await entriesIn(store, spaceRange(table.number, spaces.items))) {
    const item = versioning.shown(table, value)
    const itemKey = suffixOf(key)
    if (item !== undefined) items.set(hex(itemKey), { itemKey, item })
  }
  return items
}

async function checkIndex(
  { region, store }: RegionEngine,
  table: Table,
  index: Index,
  items: ReadonlyMap<string, ShownItem>,
): Promise<readonly Violation[]> {
  const wrong = (message: string): Violation => ({
    rule: 'an index is not its items',
    key: undefined,
    message: `${region} ${index.name}: ${message}`,
  })
  if (index.status !== 'ACTIVE') return [wrong(`is ${index.status} at rest`)]
  const expected = new Map<string, string>()
  for (const { itemKey, item } of items.values()) {
    const entry = indexEntryOf(table, index, itemKey, item)
    if (entry !== undefined) expected.set(hex(entry.key), imageText(entry.item))
  }
  const range = spaceRange(table.number, spaces.derived, setBytes(index.number), setBytes(index.number + 1))
  const found = new Map((await entriesIn(store, range)).map(({ key, value }) => [hex(key), imageText(decodeIndexEntry(value).item)]))
  const missing = [...expected].filter(([key, text]) => found.get(key) !== text).map(([, text]) => wrong(`lacks ${text}`))
  const surplus = [...found].filter(([key]) => !expected.has(key)).map(([, text]) => wrong(`has ${text}, which no item is`))
  return [...missing, ...surplus]
}

/** Each old image is the new image before it, and the last new image is the item [REP-40]. A replica that was filled begins with what it was given. */
async function checkChanges(
  { region, store }: RegionEngine,
  table: Table,
  items: ReadonlyMap<string, ShownItem>,
  keyName: (itemKey: Uint8Array) => string,
): Promise<readonly Violation[]> {
  const violations: Violation[] = []
  const lastByKey = new Map<string, { readonly itemKey: Uint8Array; readonly text: string }>()
  for (const { key, value } of await entriesIn(store, changeRange(table.number, 0n))) {
    const { itemKey, before, after } = decodeChange(key, value)
    const [was, is] = [imageText(before), imageText(after)]
    const last = lastByKey.get(hex(itemKey))?.text
    const wrong = (message: string): number =>
      violations.push({ rule: 'the change log is not what happened', key: keyName(itemKey), message: `${region}: ${message}` })
    if (last !== undefined && last !== was) wrong(`${was} is said to have been there, it was ${last}`)
    if (was === is) wrong(`${is} is said to have changed into itself`)
    lastByKey.set(hex(itemKey), { itemKey, text: is })
  }
  for (const [name, { itemKey, text }] of lastByKey) {
    const shown = imageText(items.get(name)?.item)
    if (shown === text) continue
    violations.push({
      rule: 'the change log is not what happened',
      key: keyName(itemKey),
      message: `${region}: ends with ${text}, the item is ${shown}`,
    })
  }
  return violations
}

async function entriesIn(store: Store, range: Range): Promise<readonly Entry[]> {
  const { entries, more } = await store.page(range, { entriesMax: 100_000, bytesMax: 1 << 28 })
  if (more) throw new Error('a simulation with more rows than the checkers read')
  return entries
}

function hex(key: Uint8Array): string {
  return Buffer.from(key).toString('hex')
}
