import { STREAM_RETENTION_MS } from './change-log.ts'
import type { AttributeDefinition, Expiry, Index, IndexBlueprint, OwnSettings, Stream, StreamView, Table } from './table.ts'

/**
 * Brings what a Region has of a table to what its settings ask for: indexes begin to be made or removed, expiry begins or ends, a stream begins or
 * ends. What takes time (filling an index, removing its rows) is then somebody else's, who finds it by its status.
 *
 * @param items whether the table may hold items: in an empty one everything is complete at once
 * @param labelBefore of a stream that a table of this name had before
 * @param paceMs how long an index that is added or removed takes at least
 */
export function followSettings(table: Table, nowMs: number, items: 'empty' | 'filled', paceMs = 0, labelBefore?: string): Table {
  let made = table.derivedSetsMade
  const nextSet = (): number => ++made
  const settlesAtMs = paceMs > 0 && items === 'filled' ? nowMs + paceMs : undefined
  const indexes = followIndexes(table, items, nextSet, settlesAtMs)
  const expiry = followExpiry(table, items, nextSet)
  const streams = followStream(table.streams, table.settings.stream, nowMs, labelBefore)
  const own = withoutIndexes(table, indexes)
  return { ...table, attributeDefinitions: definitionsOf(table), indexes, expiry, streams, own, derivedSetsMade: made }
}

/** What was watched of an index goes with it. */
function withoutIndexes({ own }: Table, indexes: readonly Index[]): OwnSettings {
  const names = new Set(['', ...indexes.map(({ name }) => name)])
  if (own.insights === undefined || Object.keys(own.insights).every((name) => names.has(name))) return own
  return { ...own, insights: Object.fromEntries(Object.entries(own.insights).filter(([name]) => names.has(name))) }
}

/** One definition for each attribute that is a key of the table or of an index, in the order in which they came to be. */
function definitionsOf({ attributeDefinitions, schema, settings }: Table): readonly AttributeDefinition[] {
  const used = [schema.partition, ...(schema.sort === undefined ? [] : [schema.sort])]
  for (const { partition, sort } of settings.indexes) used.push(...partition, ...sort)
  const typeByName = new Map(used.map(({ name, type }) => [name, type]))
  const known = attributeDefinitions.filter(({ name }) => typeByName.has(name))
  for (const { name } of known) typeByName.delete(name)
  return [...known, ...[...typeByName].map(([name, type]) => ({ name, type }))]
}

function followIndexes(
  { indexes, settings }: Table,
  items: 'empty' | 'filled',
  nextSet: () => number,
  settlesAtMs: number | undefined,
): readonly Index[] {
  const wantedByName = new Map(settings.indexes.map((wanted) => [wanted.name, wanted]))
  const kept = indexes.map((index): Index => {
    const wanted = wantedByName.get(index.name)
    if (index.status === 'DELETING') return index
    if (wanted === undefined || !isSameIndex(index, wanted)) return { ...index, status: 'DELETING', settlesAtMs }
    return { ...index, throughput: wanted.throughput, onDemandMaximum: wanted.onDemandMaximum, warm: wanted.warm }
  })
  const has = new Set(indexes.map(({ name }) => name))
  const added = settings.indexes
    .filter(({ name }) => !has.has(name))
    .map((wanted): Index => ({ ...wanted, number: nextSet(), status: items === 'empty' ? 'ACTIVE' : 'CREATING', settlesAtMs }))
  return [...kept, ...added]
}

/** Another index may have been asked for under the name while this Region did not listen; then the old one goes first. */
function isSameIndex(a: IndexBlueprint, b: IndexBlueprint): boolean {
  const identity = ({ kind, partition, sort, projection }: IndexBlueprint): string => JSON.stringify([kind, partition, sort, projection])
  return identity(a) === identity(b)
}

/** Another attribute takes over when the rows of the first are gone. */
function followExpiry({ expiry, settings }: Table, items: 'empty' | 'filled', nextSet: () => number): Expiry | undefined {
  const { timeToLive } = settings
  if (expiry === undefined) {
    return timeToLive === undefined
      ? undefined
      : { attribute: timeToLive, number: nextSet(), status: items === 'empty' ? 'ENABLED' : 'ENABLING' }
  }
  return expiry.attribute === timeToLive && expiry.status !== 'DISABLING' ? expiry : { ...expiry, status: 'DISABLING' }
}

function followStream(
  streams: readonly Stream[],
  view: StreamView | undefined,
  nowMs: number,
  labelBefore: string | undefined,
): readonly Stream[] {
  const last = streams.at(-1)
  const enabled = last !== undefined && last.endedAtMs === undefined ? last : undefined
  if (enabled?.view === view) return streams
  const ended = enabled === undefined ? streams : [...streams.slice(0, -1), { ...enabled, endedAtMs: nowMs }]
  if (view === undefined) return ended
  const readable = ended.filter(({ endedAtMs }) => endedAtMs === undefined || endedAtMs > nowMs - STREAM_RETENTION_MS)
  return [...readable, { label: labelOf(nowMs, last?.label ?? labelBefore), view, createdAtMs: nowMs, endedAtMs: undefined, splits: [] }]
}

/** The time, and later than the label before, so that no two streams of a table have one name. */
function labelOf(nowMs: number, before: string | undefined): string {
  let ms = nowMs
  if (before !== undefined) ms = Math.max(ms, Date.parse(`${before}Z`) + 1)
  return new Date(ms).toISOString().slice(0, -1)
}
