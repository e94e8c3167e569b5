import { describe, expect, test } from 'vitest'
import { accountRegion } from '../base/account-region.ts'
import { noOwnSettings } from '../engine/table.ts'
import { digestTable } from './inspection.ts'
import type { Unauthorized } from './permitted-links.ts'
import { TestWorld, accepted, east, europe, users, west } from './test-world.contract.ts'

const [ann, bob, cat] = [accountRegion(east, '111122223333'), accountRegion(europe, '444455556666'), accountRegion(west, '123456789012')]
const HOUR = 3_600_000

/** What a table withholds stands in a tag here: the wire judges policies. */
const unauthorized: Unauthorized = (replicas) =>
  new Set(replicas.filter(({ table }) => replicas.length > 1 && table.tags['withholds'] === 'yes').map(({ region }) => region))

async function openGroup(...members: readonly string[]): Promise<TestWorld> {
  const lab = await TestWorld.open({ unauthorized })
  accepted(await lab.time.resolve(lab.world.createTable(ann, { ...users, own: { ...noOwnSettings, settingsReplication: 'ENABLED' } })))
  for (const region of members) {
    const { tableClass, encryption } = users.settings
    const ownStart = { own: noOwnSettings, tags: {}, tableClass, deletionProtection: false, encryption }
    const wish = { kind: 'create', region, readUnitsOverride: undefined, tableClassOverride: undefined, ownStart } as const
    accepted(await lab.time.resolve(lab.world.changeReplica(ann, 'users', wish)))
    await lab.settled()
  }
  await lab.time.advance(5_000)
  return lab
}

async function withhold(lab: TestWorld, region: string, isWithheld = true): Promise<void> {
  accepted(await lab.time.resolve(lab.world.changeTags(region, 'users', () => (isWithheld ? { withholds: 'yes' } : {}))))
  await lab.time.advance(10)
}

const replicasSeenBy = async (lab: TestWorld, region: string) =>
  accepted(await lab.time.resolve(lab.world.describeTable(region, 'users'))).replicas?.map((replica) => replica.region)
const sinceSeenBy = async (lab: TestWorld, region: string) =>
  accepted(await lab.time.resolve(lab.world.describeTable(region, 'users'))).replicas?.map((replica) => replica.unauthorizedSinceMs)

const isConverged = async (lab: TestWorld) =>
  (await lab.time.resolve(digestTable(lab.world, lab.time, 'users@111122223333')))?.converged ?? false

describe('a replica that does not permit that it is replicated', () => {
  test('goes on where it permits it again before 20 hours have passed, at once and without another write', async () => {
    const lab = await openGroup(bob)
    await withhold(lab, bob)
    const sinceMs = lab.time.nowMs()
    await lab.put(ann, 'k', 'meanwhile')
    await lab.time.advance(19.9 * HOUR)
    expect([await lab.get(bob, 'k'), (await sinceSeenBy(lab, ann))?.map((ms) => Math.abs((ms ?? 0) - sinceMs) < 1_000)]).toEqual([
      undefined,
      [true],
    ])
    await withhold(lab, bob, false)
    await lab.time.advance(2_000)
    expect([await lab.get(bob, 'k'), await sinceSeenBy(lab, ann)]).toEqual(['meanwhile', [undefined]])
    await lab.time.advance(48 * HOUR)
    expect(await replicasSeenBy(lab, ann)).toEqual([bob])
  })

  test('is a table of its Region after 20 hours, for ever, also when the program was not running for most of them', async () => {
    let lab = await openGroup(bob)
    await lab.put(bob, 'before', 'v')
    await lab.time.advance(2_000)
    await withhold(lab, bob)
    await lab.put(ann, 'anns', 'v')
    await lab.put(bob, 'bobs', 'v')
    await lab.time.advance(2 * HOUR)
    lab = await lab.reopen({ unauthorized })
    await lab.time.advance(17.9 * HOUR)
    expect(await replicasSeenBy(lab, ann)).toEqual([bob])
    await lab.time.advance(0.2 * HOUR)
    await lab.settled()
    expect([await replicasSeenBy(lab, ann), await replicasSeenBy(lab, bob)]).toEqual([undefined, undefined])
    await withhold(lab, bob, false)
    await lab.put(ann, 'after', 'v')
    await lab.put(bob, 'mine', 'v')
    await lab.time.advance(HOUR)
    expect(await Promise.all(['before', 'bobs', 'mine', 'anns', 'after'].map((key) => lab.get(bob, key)))).toEqual([
      'v',
      'v',
      'v',
      undefined,
      undefined,
    ])
    expect(await Promise.all(['before', 'anns', 'after', 'bobs', 'mine'].map((key) => lab.get(ann, key)))).toEqual([
      'v',
      'v',
      'v',
      undefined,
      undefined,
    ])
    expect(lab.world.globalTables().map(({ replicas }) => replicas.map(({ region }) => region))).toEqual([[ann]])
    expect(await lab.countKept()).toBe(0)
    lab = await lab.reopen({ unauthorized })
    expect([await lab.get(bob, 'mine'), await lab.get(ann, 'after')]).toEqual(['v', 'v'])
    accepted(await lab.time.resolve(lab.world.deleteTable(bob, 'users')))
    await lab.settled()
  })

  test('is left out by the others, who go on with what one of them has of it', async () => {
    const lab = await openGroup(bob, cat)
    const partition = await lab.break({ kind: 'partition', between: [europe, west] })
    await lab.put(bob, 'half', 'v')
    await lab.time.advance(2_000)
    await withhold(lab, bob)
    await lab.heal(partition)
    await lab.put(bob, 'own', 'v')
    await lab.put(cat, 'cats', 'v')
    await lab.time.advance(20.1 * HOUR)
    await lab.settled()
    expect(await replicasSeenBy(lab, ann)).toEqual([cat])
    await lab.put(ann, 'anns', 'v')
    await lab.time.advance(70_000)
    expect(await Promise.all(['half', 'cats', 'anns', 'own'].map((key) => lab.get(cat, key)))).toEqual(['v', 'v', 'v', undefined])
    expect(await Promise.all(['half', 'own', 'cats'].map((key) => lab.get(bob, key)))).toEqual(['v', 'v', undefined])
    expect([await isConverged(lab), await lab.countKept()]).toEqual([true, 0])
  })

  test.each([0, 5, 20, 200, 1_000])('leaves also when a Region crashes %i ms after its time is up', async (afterMs) => {
    for (const victim of [east, europe]) {
      const lab = await openGroup(bob, cat)
      await withhold(lab, bob)
      await lab.put(bob, 'own', 'v')
      await lab.time.advance(20 * HOUR - 10 + afterMs)
      const crash = await lab.break({ kind: 'crash', region: victim }, 60_000)
      await lab.time.advance(30_000)
      // Its Region is down, and nobody waits for that.
      if (victim === europe) expect(await replicasSeenBy(lab, ann)).toEqual([cat])
      await lab.heal(crash)
      await lab.settled()
      await lab.put(ann, 'group', 'v')
      await lab.time.advance(70_000)
      expect([await lab.get(bob, 'own'), await lab.get(cat, 'group'), await lab.get(bob, 'group')]).toEqual(['v', 'v', undefined])
      expect([await replicasSeenBy(lab, bob), await replicasSeenBy(lab, cat)]).toEqual([undefined, [ann]])
      expect(await lab.countKept()).toBe(0)
    }
  })

  test('and is deleted goes at once, with what only it has', async () => {
    const lab = await openGroup(bob, cat)
    await withhold(lab, bob)
    await lab.put(bob, 'own', 'v')
    accepted(await lab.time.resolve(lab.world.deleteTable(bob, 'users')))
    await lab.settled(60_000)
    expect([await replicasSeenBy(lab, ann), (await lab.engine(bob)).table('users')]).toEqual([[cat], undefined])
    await lab.put(ann, 'k', 'v')
    await lab.time.advance(70_000)
    expect([await lab.get(cat, 'k'), await lab.countKept()]).toEqual(['v', 0])
  })

  test('while it is being deleted loses what is not through yet, and what it permits again comes through', async () => {
    for (const isPermittedAgain of [false, true]) {
      const lab = await openGroup(bob)
      const partition = await lab.break({ kind: 'partition', between: [east, europe] })
      await lab.put(bob, 'own', 'v')
      accepted(await lab.time.resolve(lab.world.deleteTable(bob, 'users')))
      await lab.time.advance(60_000)
      expect(lab.status(bob)).toBe('DELETING')
      if (!isPermittedAgain) await withhold(lab, ann)
      else await lab.heal(partition)
      await lab.settled(60_000)
      expect([lab.status(bob), await lab.get(ann, 'own')]).toEqual([undefined, isPermittedAgain ? 'v' : undefined])
    }
  })

  test('is not waited for by another one that goes', async () => {
    const lab = await openGroup(bob, cat)
    await withhold(lab, bob)
    await lab.put(cat, 'cats', 'v')
    accepted(await lab.time.resolve(lab.world.deleteTable(cat, 'users')))
    await lab.settled(60_000)
    expect(await replicasSeenBy(lab, ann)).toEqual([bob])
    expect([await lab.get(ann, 'cats'), await lab.get(bob, 'cats')]).toEqual(['v', undefined])
    await withhold(lab, bob, false)
    await lab.time.advance(70_000)
    expect(await lab.get(bob, 'cats')).toBe('v')
    expect([await isConverged(lab), await lab.countKept()]).toEqual([true, 0])
  })

  test('cannot be disassociated: it stays as it is', async () => {
    const lab = await openGroup(bob)
    await withhold(lab, bob)
    accepted(await lab.time.resolve(lab.world.protectFromDisassociation(bob, 'users', false)))
    const answer = await lab.time.resolve(lab.world.changeReplica(bob, 'users', { kind: 'disassociate', region: bob }))
    expect(accepted(answer).table.status).toBe('UPDATING')
    await lab.settled()
    expect([lab.status(bob), await replicasSeenBy(lab, bob)]).toEqual(['ACTIVE', [ann]])
  })

  test('while it is being disassociated holds that up, until its time is up', async () => {
    const lab = await openGroup(bob, cat)
    const partition = await lab.break({ kind: 'partition', between: [europe, west] })
    await lab.put(bob, 'own', 'v')
    accepted(await lab.time.resolve(lab.world.protectFromDisassociation(bob, 'users', false)))
    accepted(await lab.time.resolve(lab.world.changeReplica(bob, 'users', { kind: 'disassociate', region: bob })))
    await lab.time.advance(60_000)
    await withhold(lab, bob)
    await lab.heal(partition)
    await lab.put(bob, 'during', 'v')
    await lab.time.advance(19 * HOUR)
    expect(lab.status(bob)).toBe('DISASSOCIATING')
    await lab.time.advance(HOUR)
    await lab.settled()
    await lab.time.advance(70_000)
    expect(await Promise.all([ann, cat, bob].map((region) => lab.get(region, 'own')))).toEqual(['v', 'v', 'v'])
    expect([await lab.get(bob, 'during'), await lab.get(cat, 'during'), await replicasSeenBy(lab, ann)]).toEqual(['v', undefined, [cat]])
    expect(await lab.countKept()).toBe(0)
  })
})
