import { encodeImage, StoredItem } from '../engine/stored-item.ts'
import { equalValues } from '../item/attribute-compare.ts'
import type { AttributeMap, Item } from '../item/attribute-value.ts'
import { attributeOf } from '../item/attribute-value.ts'
import { isInvalid } from '../item/invalid.ts'
import { itemSizeBytes } from '../item/item-size.ts'
import type { KeySchema } from '../item/key-schema.ts'
import { ITEM_BYTES_MAX, parseItem } from '../item/parse-attribute-value.ts'
import type { CustomFunction } from './custom-function.ts'
import { keyNamesOf } from './merge.ts'
import type { Loss, Policy, Shown } from './policy.ts'
import { highestOf, shownAs } from './policy.ts'
import type { Siblings } from './siblings.ts'
import { millisecondsOf } from './timestamp.ts'
import type { Version } from './version.ts'

/**
 * `custom`: shows what the user's function makes of the versions, lowest first [REP-13]. If it returns what one of them made, that one is shown, and the others have
 * lost; otherwise each has lost what differs. When it cannot be used the highest version is shown, and the ledger says why.
 */
export function customPolicy(name: string, run: CustomFunction, engine: string, schema: KeySchema): Policy {
  const keyNames = keyNamesOf(schema)
  const text = `custom:${name}`
  return {
    name: 'custom',
    text,
    followedAs: `${text}@${engine}`,
    joins: true,
    show(siblings) {
      const highest = highestOf(siblings)
      if (siblings.length === 1 || siblings.every(({ stored }) => stored === undefined)) return shownAs(highest)
      const outcome = run(inputOf(siblings))
      const made = outcome.kind === 'failed' ? outcome.why : madeOf(outcome.json, siblings, keyNames)
      return typeof made === 'string' ? instead(highest, siblings, made) : shownOf(made.item, siblings)
    },
  }
}

/** What the function is given: DynamoDB JSON, so numbers are exact, and who wrote when; nothing else. */
function inputOf(siblings: Siblings): string {
  const versions = siblings.map(({ region, timestamp, stored }) => ({
    item: stored === undefined ? null : stored.item,
    region,
    writtenAtMs: millisecondsOf(timestamp),
    timestamp: String(timestamp),
  }))
  return JSON.stringify(versions)
}

/** The item that was returned, null for none; a text is why it cannot be shown. */
function madeOf(json: string, siblings: Siblings, keyNames: ReadonlySet<string>): { readonly item: Item | undefined } | string {
  const returned = JSON.parse(json) as unknown
  if (returned === null) return { item: undefined }
  const parsed = parseItem(returned)
  if (isInvalid(parsed)) return 'the function returned no valid item'
  if (parsed.sizeBytes > ITEM_BYTES_MAX) return 'the function returned an item that is too large'
  const image = siblings.find(({ stored }) => stored !== undefined)?.stored?.item ?? {}
  for (const name of keyNames) {
    const [is, was] = [attributeOf(parsed.item, name), attributeOf(image, name)]
    if (is === undefined || was === undefined || !equalValues(is, was)) return 'the function changed the key'
  }
  return { item: parsed.item }
}

function shownOf(item: Item | undefined, siblings: Siblings): Shown {
  const same = siblings.findLast(({ stored }) =>
    stored === undefined || item === undefined ? stored === item : equalItems(stored.item, item),
  )
  if (same !== undefined) return shownAs(same)
  const highest = highestOf(siblings)
  const stored = item === undefined ? undefined : storedItem(item)
  return { version: highest, stored, losses: lossesOf(siblings, item) }
}

function instead(highest: Version, siblings: Siblings, failed: string): Shown {
  const others = siblings.filter((version) => version !== highest)
  const losses = [...lossesOf(others, highest.stored?.item)].map(([version, loss]) => [version, { ...loss, failed }] as const)
  return { version: highest, stored: highest.stored, losses: new Map(losses) }
}

function lossesOf(siblings: Siblings, shown: Item | undefined): ReadonlyMap<Version, Loss> {
  const losses = new Map<Version, Loss>()
  for (const version of siblings) {
    const attributes = differing(version.stored?.item ?? {}, shown ?? {})
    if (attributes.length > 0) losses.set(version, { attributes })
  }
  return losses
}

function differing(a: AttributeMap, b: AttributeMap): readonly string[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names]
    .filter((name) => {
      const [one, other] = [attributeOf(a, name), attributeOf(b, name)]
      return one === undefined || other === undefined ? one !== other : !equalValues(one, other)
    })
    .sort()
}

function equalItems(a: Item, b: Item): boolean {
  return equalValues({ M: a }, { M: b })
}

function storedItem(item: Item): StoredItem {
  return new StoredItem(encodeImage(item), itemSizeBytes(item), item)
}
