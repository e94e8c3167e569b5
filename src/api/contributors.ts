import { BoundedCache } from '../base/bounded-cache.ts'
import { readUnits, writeUnits } from '../cost/capacity.ts'
import type { IndexWrite } from '../engine/derivation.ts'
import type { StoredItem } from '../engine/stored-item.ts'
import type { Index, Insight, Table } from '../engine/table.ts'
import type { AttributeMap } from '../item/attribute-value.ts'
import { attributeOf, newMap } from '../item/attribute-value.ts'
import { decodeItemKey } from '../item/item-key.ts'
import { asIndexKeySchema } from '../item/key-schema.ts'
import type { HeavyHitter } from './contributors/heavy-hitters.ts'
import { HeavyHitters } from './contributors/heavy-hitters.ts'
import type { WireError } from './wire-error.ts'

/**
 * Which keys of a table or global index are used most, and throttled most, where Contributor Insights are on. As in DynamoDB accesses weigh
 * what they consume, three times as much for writes ("ConsumedThroughputUnits"), and throttled requests are counted; both by partition
 * key and by the whole key (developer guide, "Contributor Insights for DynamoDB: How it works").
 *
 * It is what this process saw: nothing is stored. A page's units are shared out evenly among the items that were read.
 */
export class Contributors {
  readonly #targetByName = new BoundedCache<string, Target>(TARGETS_MAX)

  /** Undefined, after one look, when they are off: what a request pays for them then. */
  of(table: Table, nowMs: number): TableContributors | undefined {
    const { insights } = table.own
    if (insights === undefined || !Object.values(insights).some(({ enabled }) => enabled)) return undefined
    return new TableContributors(table, (name) => this.#target(table, name, nowMs))
  }

  /** The heaviest keys that were seen, by rule; undefined when they are off. */
  report(table: Table, indexName: string | undefined, keysMax: number, nowMs: number): ContributorsReport | undefined {
    const name = indexName ?? ''
    const insight = table.own.insights?.[name]
    const target = this.#target(table, name, nowMs)
    if (insight === undefined || target === undefined) return undefined
    const { sinceMs } = target
    const rules = rulesOf(table, indexName, insight).map(({ name: rule, measure }) => ({ rule, top: target[measure].top(keysMax) }))
    return { mode: insight.mode, sinceMs, rules }
  }

  #target(table: Table, name: string, nowMs: number): Target | undefined {
    const insight = table.own.insights?.[name]
    if (insight?.enabled !== true) return undefined
    const id = `${table.id}/${insight.rulesMadeAtMs}/${name}`
    let target = this.#targetByName.get(id)
    if (target === undefined) {
      const [PKC, PKT, SKC, SKT] = [1, 2, 3, 4].map(() => new HeavyHitters(KEYS_MAX)) as [
        HeavyHitters,
        HeavyHitters,
        HeavyHitters,
        HeavyHitters,
      ]
      target = { sinceMs: nowMs, PKC, PKT, SKC, SKT }
      this.#targetByName.set(id, target)
    }
    return target
  }
}

export interface ContributorsReport {
  readonly mode: Insight['mode']
  readonly sinceMs: number
  readonly rules: readonly { readonly rule: string; readonly top: readonly HeavyHitter[] }[]
}

/** P: the partition key alone, S: with the sort key; C: what was consumed, T: how often it was throttled. */
type Measure = 'PKC' | 'PKT' | 'SKC' | 'SKT'

type Target = Readonly<Record<Measure, HeavyHitters>> & { readonly sinceMs: number }

/** So many keys are told apart, in so many tables and indexes. */
const KEYS_MAX = 256
const TARGETS_MAX = 100
const WRITE_WEIGHT = 3

/** The rules of a table or index, as CloudWatch would know them. A change of the mode leaves their time as it is (observed, 2026-10). */
export function rulesOf(
  { name, schema, indexes }: Table,
  indexName: string | undefined,
  { mode, rulesMadeAtMs }: Insight,
): readonly { readonly name: string; readonly measure: Measure }[] {
  const index = indexes.find((each) => each.name === indexName)
  const hasSort = indexName === undefined ? schema.sort !== undefined : (index?.sort.length ?? 0) > 0
  const resource = indexName === undefined ? name : `${name}-${indexName}`
  const accessed: Measure[] = mode === 'THROTTLED_KEYS' ? [] : hasSort ? ['PKC', 'SKC'] : ['PKC']
  const throttled: Measure[] = hasSort ? ['PKT', 'SKT'] : ['PKT']
  return [...accessed, ...throttled].map((measure) => ({
    name: `DynamoDBContributorInsights-${measure}-${resource}-${rulesMadeAtMs}`,
    measure,
  }))
}

/** What one request tells of a table. */
export class TableContributors {
  readonly #table: Table
  readonly #targetOf: (name: string) => Target | undefined

  constructor(table: Table, targetOf: (name: string) => Target | undefined) {
    this.#table = table
    this.#targetOf = targetOf
  }

  read(itemKey: Uint8Array, units: number): void {
    this.#access('', decodeItemKey(this.#table.schema, itemKey), units)
  }

  /** @param factor 2 in a transaction */
  written(itemKey: Uint8Array, sizeBytes: number, indexWrites: readonly IndexWrite[], factor: number): void {
    this.#access('', decodeItemKey(this.#table.schema, itemKey), WRITE_WEIGHT * factor * writeUnits(sizeBytes))
    for (const { index: name, sizeBytes: entryBytes, item } of indexWrites) {
      const index = this.#table.indexes.find((each) => each.name === name)
      if (index !== undefined) this.#access(targetName(index), item.item, WRITE_WEIGHT * writeUnits(entryBytes))
    }
  }

  /** @param partition what was asked for, where that is known: it is told when nothing was found */
  pageRead(index: Index | undefined, items: readonly StoredItem[], units: number, partition: AttributeMap | undefined): void {
    const name = targetName(index)
    if (items.length === 0) {
      if (partition !== undefined) this.#access(name, partition, Math.max(units, readUnits(0, 'eventual')))
      return
    }
    for (const { item } of items) this.#access(name, item, units / items.length)
  }

  throttled(itemKey: Uint8Array): void {
    this.#throttle('', decodeItemKey(this.#table.schema, itemKey))
  }

  pageThrottled(index: Index | undefined, partition: AttributeMap | undefined): void {
    if (partition !== undefined) this.#throttle(targetName(index), partition)
  }

  #access(name: string, item: AttributeMap, units: number): void {
    if (this.#table.own.insights?.[name]?.mode !== 'THROTTLED_KEYS') this.#add(name, item, units, 'PKC', 'SKC')
  }

  #throttle(name: string, item: AttributeMap): void {
    this.#add(name, item, 1, 'PKT', 'SKT')
  }

  #add(name: string, item: AttributeMap, weight: number, byPartition: Measure, byKey: Measure): void {
    const target = this.#targetOf(name)
    const keys = name === '' ? asIndexKeySchema(this.#table.schema) : this.#table.indexes.find((each) => each.name === name)
    if (target === undefined || keys === undefined) return
    const key = newMap()
    const take = (attributes: readonly { readonly name: string }[]): boolean =>
      attributes.every(({ name: attribute }) => {
        const value = attributeOf(item, attribute)
        if (value !== undefined) key[attribute] = value
        return value !== undefined
      })
    if (!take(keys.partition)) return
    target[byPartition].add(JSON.stringify(key), weight)
    if (keys.sort.length > 0 && take(keys.sort)) target[byKey].add(JSON.stringify(key), weight)
  }
}

/** Local indexes are part of their table. */
function targetName(index: Index | undefined): string {
  return index?.kind === 'global' ? index.name : ''
}

/** Tells of a request that was not let in, where somebody wants to know. */
export function tellThrottled(refusal: WireError | undefined, contributors: TableContributors | undefined, itemKey: Uint8Array): void {
  if (refusal !== undefined) contributors?.throttled(itemKey)
}
