import { regionOf } from '../base/account-region.ts'
import type { Clock } from '../base/clock.ts'
import type { Cancel, Scheduler } from '../base/scheduler.ts'
import type { CapacityKind, Consumption } from '../engine/consumption.ts'
import { changeUnits } from '../engine/provisioned-units.ts'
import type { Refusal } from '../engine/refusal.ts'
import { isRefusal, refuse } from '../engine/refusal.ts'
import type { AutoScaling, Billing, IndexBlueprint, Scaling, Table, TableSettings } from '../engine/table.ts'
import { stillWarm, warmedIndex, warmedTable } from '../engine/warm-units.ts'
import { StoreClosed } from '../storage/store.ts'
import type { BackgroundWork } from './background-work.ts'
import { replicaIn, withReplica } from './global-table.ts'
import { localSettings } from './local-settings.ts'
import type { Regions } from './regions.ts'
import type { Registry } from './registry.ts'
import { shareSettings } from './shared-settings.ts'
import type { TableControl } from './table-control.ts'
import type { Tracked } from './target-tracking.ts'
import { track, untracked, within } from './target-tracking.ts'

/**
 * Changes provisioned throughput after what is consumed of it, once a minute, while a table asks for it. Writes go to every replica, so what is
 * written in all Regions together counts for the one write capacity that they share; what is read counts in each Region for its own. Which minutes
 * were busy is not kept over a restart.
 */
export class AutoScaler {
  readonly #options: AutoScalerOptions
  readonly #trackedByTarget = new Map<string, Tracked>()
  #cancel: Cancel | undefined
  #lookedAtMs = 0
  #closed = false

  constructor(options: AutoScalerOptions) {
    this.#options = options
  }

  close(): void {
    this.#closed = true
    this.#cancel?.()
  }

  /** Looks every minute, as long as a table is scaled. */
  wake(): void {
    if (this.#closed || this.#cancel !== undefined || this.#targets().length === 0) return
    const { scheduler, work } = this.#options
    const nowMs = scheduler.monotonicMs()
    if (nowMs - this.#lookedAtMs > MINUTE_MS) this.#lookedAtMs = nowMs
    this.#cancel = scheduler.after(this.#lookedAtMs + MINUTE_MS - nowMs, () => {
      const look = this.#look().finally(() => {
        this.#cancel = undefined
        this.wake()
      })
      work.track(look)
    })
  }

  /** Brings capacity between the bounds that were set for it: at once, and not again when it is changed by hand. */
  async keepBounds(globalId: string): Promise<void> {
    for (const target of this.#targets()) {
      if (target.table.globalId !== globalId) continue
      const units = within(target.scaling, target.units)
      if (units !== target.units) await this.#scale(target, units)
    }
  }

  async #look(): Promise<void> {
    const { scheduler, clock, consumption } = this.#options
    const nowMs = scheduler.monotonicMs()
    const seconds = (nowMs - this.#lookedAtMs) / 1000
    this.#lookedAtMs = nowMs
    const targets = this.#targets()
    const known = new Set(targets.map(({ key }) => key))
    for (const key of this.#trackedByTarget.keys()) if (!known.has(key)) this.#trackedByTarget.delete(key)
    const rates = targets.map(({ measured, kind, index }) =>
      measured.reduce((sum, table) => sum + consumption.take(table, kind, index) / seconds, 0),
    )
    consumption.clear()
    for (const [at, target] of targets.entries()) {
      const before = this.#trackedByTarget.get(target.key) ?? untracked
      const minute = { rate: rates[at] ?? 0, units: target.units, nowMs: clock.nowMs() }
      const { tracked, wanted } = track(before, minute, target.scaling)
      // Not done, because it may not be lowered again today or because something else goes on: it is wanted again in a minute.
      const done = wanted !== undefined && (await this.#scale(target, wanted))
      this.#trackedByTarget.set(target.key, wanted === undefined || done ? tracked : { ...before, rates: tracked.rates })
    }
  }

  /** What is scaled: of each table its writes once, in the first of its Regions that runs, and the reads of each Region. */
  #targets(): readonly Target[] {
    const membersById = new Map<string, Member[]>()
    for (const { name: region, running } of this.#options.regions.all()) {
      for (const table of running?.engine.tables() ?? []) {
        const { autoScaling, billing } = table.settings
        if (autoScaling === undefined || billing.mode !== 'PROVISIONED' || table.status !== 'ACTIVE') continue
        const members = membersById.get(table.globalId) ?? []
        members.push({ region, table })
        membersById.set(table.globalId, members)
      }
    }
    return [...membersById.values()].flatMap(targetsOf)
  }

  async #scale(target: Target, units: number): Promise<boolean> {
    const { clock, registry, regions, tables } = this.#options
    const { region, table, kind } = target
    const change = (settings: TableSettings): TableSettings | Refusal => scaled(settings, target, units, clock.nowMs())
    const global = registry.get(table.globalId)
    try {
      if (kind === 'write' || global === undefined) {
        const view = await tables.changeSettings(region, table.name, (now) => change(now.settings), 'updating')
        return !isRefusal(view)
      }
      const decided = await registry.decide(table.globalId, (now) => {
        if (now === undefined || replicaIn(now, region) === undefined) return undefined
        const settings = change(localSettings(now, region, undefined))
        if (isRefusal(settings)) return settings
        const record = replicaIn(now, region)
        const own =
          target.index === undefined
            ? { readUnitsOverride: units }
            : { indexReadUnits: { ...record?.indexReadUnits, [target.index]: units } }
        return withReplica({ ...now, settings: withHistory(now.settings, settings, target.index) }, region, own)
      })
      if (decided === undefined || isRefusal(decided)) return false
      await shareSettings(regions, registry, table.globalId)
      return true
    } catch (error) {
      if (!(error instanceof StoreClosed)) throw error
      return false
    }
  }
}

export interface AutoScalerOptions {
  readonly regions: Regions
  readonly registry: Registry
  readonly tables: TableControl
  readonly scheduler: Scheduler
  readonly clock: Clock
  readonly work: BackgroundWork
  readonly consumption: Consumption
}

const MINUTE_MS = 60_000

interface Member {
  readonly region: string
  readonly table: Table
}

interface Target extends Member {
  readonly key: string
  readonly kind: CapacityKind
  readonly index: string | undefined
  /** The tables whose consumption counts. */
  readonly measured: readonly Table[]
  readonly scaling: Scaling
  /** Provisioned now. */
  readonly units: number
}

function targetsOf(members: readonly Member[]): readonly Target[] {
  const [first] = members
  if (first === undefined) return []
  const targets: Target[] = []
  const measured = members.map(({ table }) => table)
  for (const index of scaledThings(first.table)) {
    const scaling = scalingOf(first.table.settings.autoScaling, index)
    const units = unitsOf(first.table, index)
    if (scaling?.write !== undefined && units !== undefined) {
      targets.push({
        ...first,
        key: keyOf(first, 'write', index),
        kind: 'write',
        index,
        measured,
        scaling: scaling.write,
        units: units.writeUnits,
      })
    }
  }
  for (const member of members) {
    for (const index of scaledThings(member.table)) {
      const scaling = scalingOf(member.table.settings.autoScaling, index)?.readByRegion[regionOf(member.region)]
      const units = unitsOf(member.table, index)
      if (scaling === undefined || units === undefined) continue
      const own = { measured: [member.table], scaling, units: units.readUnits }
      targets.push({ ...member, key: keyOf(member, 'read', index), kind: 'read', index, ...own })
    }
  }
  return targets
}

/** The table itself, then its global indexes. */
function scaledThings({ settings }: Table): readonly (string | undefined)[] {
  return [undefined, ...settings.indexes.filter(({ kind }) => kind === 'global').map(({ name }) => name)]
}

function scalingOf(autoScaling: AutoScaling | undefined, index: string | undefined): AutoScaling['indexes'][string] | undefined {
  return index === undefined ? autoScaling : autoScaling?.indexes[index]
}

function unitsOf({ settings }: Table, index: string | undefined): { readonly readUnits: number; readonly writeUnits: number } | undefined {
  if (index !== undefined) return settings.indexes.find(({ name }) => name === index)?.throughput
  return settings.billing.mode === 'PROVISIONED' ? settings.billing : undefined
}

function keyOf({ region, table }: Member, kind: CapacityKind, index = ''): string {
  return kind === 'write' ? `${table.globalId}/write/${index}` : `${table.globalId}/${region}/${index}`
}

const notScaled = refuse('invalid', 'The table is not provisioned any more')

function scaled(settings: TableSettings, { kind, index }: Target, units: number, nowMs: number): TableSettings | Refusal {
  const { billing, indexes } = settings
  if (billing.mode !== 'PROVISIONED') return notScaled
  const member = kind === 'read' ? 'readUnits' : 'writeUnits'
  if (index === undefined) {
    const changed = changeUnits(billing, { readUnits: billing.readUnits, writeUnits: billing.writeUnits, [member]: units }, nowMs)
    if (isRefusal(changed)) return changed
    const warm = stillWarm(warmedTable(settings), warmedTable({ billing: changed, warm: settings.warm }))
    return { ...settings, billing: changed, warm }
  }
  const before = indexes.find(({ name }) => name === index)
  if (before?.throughput === undefined) return notScaled
  const { readUnits, writeUnits } = before.throughput
  const throughput = changeUnits(before.throughput, { readUnits, writeUnits, [member]: units }, nowMs)
  if (isRefusal(throughput)) return throughput
  const warm = stillWarm(warmedIndex(before, billing), warmedIndex({ ...before, throughput }, billing))
  return { ...settings, indexes: indexes.map((each) => (each === before ? { ...each, throughput, warm } : each)) }
}

/** Shared settings with when they were changed last; the units of one Region's reads are not among them. */
function withHistory(shared: TableSettings, changed: TableSettings, index: string | undefined): TableSettings {
  if (index === undefined) return { ...shared, billing: withTimes(shared.billing, changed.billing) }
  const of = changed.indexes.find(({ name }) => name === index)
  return { ...shared, indexes: shared.indexes.map((each) => (each.name === index ? withIndexTimes(each, of) : each)) }
}

function withTimes(billing: Billing, from: Billing): Billing {
  if (billing.mode !== 'PROVISIONED' || from.mode !== 'PROVISIONED') return billing
  return { ...from, readUnits: billing.readUnits, writeUnits: billing.writeUnits }
}

function withIndexTimes(index: IndexBlueprint, from: IndexBlueprint | undefined): IndexBlueprint {
  const { throughput } = index
  if (throughput === undefined || from?.throughput === undefined) return index
  return { ...index, throughput: { ...from.throughput, readUnits: throughput.readUnits, writeUnits: throughput.writeUnits } }
}
