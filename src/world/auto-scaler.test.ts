import { expect, test } from 'vitest'
import { Consumption } from '../engine/consumption.ts'
import type { IndexBlueprint, Scaling, TableSettings } from '../engine/table.ts'
import { isRefusal } from '../engine/refusal.ts'
import { noScaling } from './scaling-defaults.ts'
import { accepted, east, europe, TestWorld, users } from './test-world.contract.ts'

const MINUTE_MS = 60_000

function scaling(minimumUnits: number, maximumUnits: number, more: Partial<Scaling> = {}): Scaling {
  return {
    minimumUnits,
    maximumUnits,
    policyName: 'p',
    targetPercent: 50,
    disableScaleIn: undefined,
    scaleInCooldownS: undefined,
    scaleOutCooldownS: undefined,
    roleArn: 'r',
    ...more,
  }
}

function provisioned(readUnits: number, writeUnits: number): TableSettings['billing'] {
  const never = { lastIncreaseAtMs: undefined, lastDecreaseAtMs: undefined, decreasesToday: 0, onDemandSinceMs: undefined }
  return { mode: 'PROVISIONED', readUnits, writeUnits, ...never }
}

class Scaled {
  readonly lab: TestWorld
  readonly consumption: Consumption

  constructor(lab: TestWorld, consumption: Consumption) {
    this.lab = lab
    this.consumption = consumption
  }

  static async open(settings: Partial<TableSettings> = {}): Promise<Scaled> {
    const consumption = new Consumption()
    const lab = await TestWorld.open({ consumption })
    const blueprint = { ...users, settings: { ...users.settings, billing: provisioned(10, 10), ...settings } }
    accepted(await lab.time.resolve(lab.world.createTable(east, blueprint)))
    return new Scaled(lab, consumption)
  }

  async set(autoScaling: TableSettings['autoScaling']): Promise<void> {
    const { lab } = this
    accepted(await lab.time.resolve(lab.world.changeScaling(east, users.name, ({ settings }) => ({ ...settings, autoScaling }))))
    await lab.settled()
  }

  async units(region: string): Promise<{ read: number; write: number }> {
    const billing = (await this.lab.engine(region)).table(users.name)?.settings.billing
    return billing?.mode === 'PROVISIONED' ? { read: billing.readUnits, write: billing.writeUnits } : { read: 0, write: 0 }
  }

  /** So many units a second are consumed in a Region, for some minutes. */
  async consume(region: string, kind: 'read' | 'write', rate: number, minutes: number, index?: string): Promise<void> {
    for (let minute = 0; minute < minutes; minute++) {
      const table = (await this.lab.engine(region)).table(users.name)
      if (table !== undefined) this.consumption.add(table, kind, index, rate * 60)
      await this.lab.time.advance(MINUTE_MS)
      await this.lab.settled()
    }
  }
}

test('capacity is brought between the bounds when they are set', async () => {
  const table = await Scaled.open()
  await table.set({ ...noScaling, write: scaling(20, 100), readByRegion: { [east]: scaling(1, 8) } })
  expect(await table.units(east)).toEqual({ read: 8, write: 20 })
})

test('writes that use more than the target for two minutes get more capacity, up to the maximum', async () => {
  const table = await Scaled.open()
  await table.set({ ...noScaling, write: scaling(1, 100) })
  await table.consume(east, 'write', 9, 1)
  expect((await table.units(east)).write).toBe(10)
  await table.consume(east, 'write', 9, 1)
  expect((await table.units(east)).write).toBe(18)
  await table.consume(east, 'write', 80, 2)
  expect((await table.units(east)).write).toBe(100)
})

test('capacity that is not used is given back after fifteen minutes, down to the minimum, unless that is switched off', async () => {
  const table = await Scaled.open()
  await table.set({ ...noScaling, write: scaling(2, 100), readByRegion: { [east]: scaling(1, 100, { disableScaleIn: true }) } })
  await table.consume(east, 'write', 2, 14)
  expect(await table.units(east)).toEqual({ read: 10, write: 10 })
  await table.consume(east, 'write', 2, 2)
  expect(await table.units(east)).toEqual({ read: 10, write: 4 })
  await table.lab.time.advance(40 * MINUTE_MS)
  expect(await table.units(east)).toEqual({ read: 10, write: 2 })
})

test('a cooldown keeps capacity as it is', async () => {
  const table = await Scaled.open()
  await table.set({ ...noScaling, write: scaling(1, 1000, { scaleOutCooldownS: 600 }) })
  await table.consume(east, 'write', 10, 2)
  expect((await table.units(east)).write).toBe(20)
  await table.consume(east, 'write', 40, 8)
  expect((await table.units(east)).write).toBe(20)
  await table.consume(east, 'write', 40, 4)
  expect((await table.units(east)).write).toBe(80)
})

test('capacity is lowered no more often than by hand', async () => {
  const table = await Scaled.open({ billing: provisioned(1, 1000) })
  await table.set({ ...noScaling, write: scaling(1, 1000) })
  let lowered = 0
  let before = 1000
  const pass = async (from: number, to: number): Promise<void> => {
    for (let minute = from; minute < to; minute++) {
      await table.consume(east, 'write', 256 / 2 ** Math.floor(minute / 16), 1)
      const { write } = await table.units(east)
      if (write < before) lowered++
      before = write
    }
  }
  await pass(0, 120)
  expect(lowered).toBe(4)
  await pass(120, 160)
  expect(lowered).toBe(5)
})

test('a provisioned table gets replicas once its writes are scaled, and they share what is scaled', async () => {
  const table = await Scaled.open()
  const { lab } = table
  const refused = await lab.beginAdd(east, europe)
  expect(isRefusal(refused) && refused.message).toBe('Table write capacity should either be Pay-Per-Request or AutoScaled.')
  await table.set({ ...noScaling, write: scaling(1, 100) })
  await lab.add(east, europe)
  expect(await table.units(europe)).toEqual({ read: 10, write: 10 })
  for (let minute = 0; minute < 2; minute++) {
    for (const region of [east, europe]) {
      const local = (await lab.engine(region)).table(users.name)
      if (local !== undefined) table.consumption.add(local, 'write', undefined, 6 * 60)
    }
    await lab.time.advance(MINUTE_MS)
  }
  await lab.settled()
  expect([await table.units(east), await table.units(europe)]).toEqual([
    { read: 10, write: 24 },
    { read: 10, write: 24 },
  ])
})

test('reads are scaled Region by Region, and each sees the other’s capacity as an override', async () => {
  const table = await Scaled.open()
  const { lab } = table
  await table.set({ ...noScaling, write: scaling(1, 100) })
  await lab.add(east, europe)
  await table.set({ ...noScaling, write: scaling(1, 100), readByRegion: { [europe]: scaling(1, 100) } })
  await table.consume(europe, 'read', 20, 2)
  await lab.settled()
  expect([(await table.units(east)).read, (await table.units(europe)).read]).toEqual([10, 40])
  const seen = async (region: string) => accepted(await lab.time.resolve(lab.world.describeTable(region, users.name))).replicas
  expect(await seen(east)).toMatchObject([{ region: europe, readUnitsOverride: 40 }])
  expect(await seen(europe)).toMatchObject([{ region: east, readUnitsOverride: 10 }])

  const byHand = lab.world.changeSettings(east, users.name, ({ settings }) => ({ ...settings, billing: provisioned(30, 10) }), 'updating')
  accepted(await lab.time.resolve(byHand))
  await lab.settled()
  expect([(await table.units(east)).read, (await table.units(europe)).read]).toEqual([30, 30])
})

test('an index is scaled by itself, and one that replicas get is scaled from the beginning', async () => {
  const index: IndexBlueprint = {
    name: 'by-v',
    kind: 'global',
    partition: [{ name: 'v', type: 'S' }],
    sort: [],
    projection: { kind: 'ALL' },
    throughput: { readUnits: 10, writeUnits: 10 },
    onDemandMaximum: undefined,
  }
  const table = await Scaled.open()
  const { lab } = table
  await table.set({ ...noScaling, write: scaling(1, 100) })
  await lab.add(east, europe)
  const change = lab.world.changeSettings(east, users.name, ({ settings }) => ({ ...settings, indexes: [index] }), 'updating')
  accepted(await lab.time.resolve(change))
  await lab.settled()
  await lab.time.advance(MINUTE_MS)
  const settings = (await lab.engine(europe)).table(users.name)?.settings
  expect(settings?.autoScaling?.indexes['by-v']?.write).toMatchObject({ minimumUnits: 1, maximumUnits: 10, targetPercent: 70 })
  const own = { write: scaling(1, 50), readByRegion: {} }
  await table.set({ ...noScaling, write: scaling(1, 100), indexes: { 'by-v': own } })
  await table.consume(east, 'write', 20, 2, 'by-v')
  await lab.settled()
  expect((await lab.engine(europe)).table(users.name)?.settings.indexes[0]?.throughput).toMatchObject({ writeUnits: 40 })
})

test('scaling goes on after a restart', async () => {
  const table = await Scaled.open()
  await table.set({ ...noScaling, write: scaling(2, 100) })
  const lab = await table.lab.reopen()
  await lab.time.advance(20 * MINUTE_MS)
  const billing = (await lab.engine(east)).table(users.name)?.settings.billing
  expect(billing).toMatchObject({ writeUnits: 2 })
})
