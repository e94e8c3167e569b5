import { describe, expect, test } from 'vitest'
import { isRefusal } from '../engine/refusal.ts'
import type { GlobalTable } from './global-table.ts'
import { TestWorld, accepted, east, europe, west } from './test-world.contract.ts'

const disassociate = (lab: TestWorld, region: string) =>
  lab.time.resolve(lab.world.changeReplica(region, 'users', { kind: 'disassociate', region }))
const unprotect = (lab: TestWorld, region: string) => lab.time.resolve(lab.world.protectFromDisassociation(region, 'users', false))

function group(lab: TestWorld): GlobalTable | undefined {
  return lab.world.globalTables()[0]
}

describe('a replica that is disassociated', () => {
  test('REP-36: keeps its data and its writes, and the others have what it wrote before it began to leave', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east, west, europe)
    for (let write = 0; write < 20; write++) await lab.put(europe, `old${write}`, 'v')
    await lab.put(east, 'theirs', 'v')
    accepted(await unprotect(lab, europe))
    const answer = accepted(await disassociate(lab, europe))
    expect(answer.table.status).toBe('UPDATING')
    expect(answer.replicas?.map(({ region }) => region)).toEqual([east, west])
    for (let write = 0; write < 20; write++) {
      expect(await lab.put(europe, `during${write}`, 'v')).toBe('put')
      await lab.time.advance(50)
    }
    await lab.settled()
    expect(group(lab)?.replicas.map(({ region }) => region)).toEqual([east, west])
    expect(await lab.put(europe, 'after', 'v')).toBe('put')
    await lab.put(west, 'group', 'v')
    await lab.time.advance(70_000)
    for (let write = 0; write < 20; write++) expect(await lab.get(east, `old${write}`)).toBe('v')
    expect([await lab.get(west, 'after'), await lab.get(europe, 'group'), await lab.get(europe, 'theirs')]).toEqual([
      undefined,
      undefined,
      'v',
    ])
    expect([await lab.get(europe, 'after'), await lab.get(europe, 'during19'), await lab.get(east, 'group')]).toEqual(['v', 'v', 'v'])
    const view = accepted(await lab.time.resolve(lab.world.describeTable(europe, 'users')))
    expect([view.replicas, view.disassociationProtection, view.table.settings.stream]).toEqual([undefined, undefined, 'NEW_AND_OLD_IMAGES'])
    const digests = accepted(await lab.time.resolve(lab.world.describeTable(east, 'users')))
    expect(digests.replicas?.map(({ region, status }) => [region, status])).toEqual([[west, 'ACTIVE']])
  })

  test('is one of two: both are regional, and each may found a group again', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east, europe)
    await lab.put(europe, 'k', 'v')
    accepted(await unprotect(lab, europe))
    accepted(await disassociate(lab, europe))
    await lab.settled()
    for (const region of [east, europe]) {
      expect(accepted(await lab.time.resolve(lab.world.describeTable(region, 'users'))).replicas).toBeUndefined()
    }
    await lab.put(europe, 'own', 'v')
    await lab.add(europe, west)
    await lab.put(europe, 'more', 'v')
    await lab.put(west, 'back', 'v')
    await lab.time.advance(70_000)
    expect([await lab.get(west, 'k'), await lab.get(west, 'own'), await lab.get(west, 'more'), await lab.get(europe, 'back')]).toEqual([
      'v',
      'v',
      'v',
      'v',
    ])
    expect(await lab.get(east, 'own')).toBeUndefined()
    expect(isRefusal(await lab.beginAdd(east, europe))).toBe(true)
    expect(await lab.countKept()).toBe(0)
  })

  test('waits for a partition, writable all the while, and ends for the others where it began to leave', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east, west, europe)
    const partition = await lab.break({ kind: 'partition', between: [europe, west] })
    await lab.put(europe, 'before', 'v')
    await lab.put(west, 'theirs', 'v')
    accepted(await unprotect(lab, europe))
    accepted(await disassociate(lab, europe))
    await lab.time.advance(60_000)
    expect(lab.status(europe)).toBe('DISASSOCIATING')
    expect(await lab.put(europe, 'meanwhile', 'v')).toBe('put')
    await lab.heal(partition)
    await lab.settled()
    await lab.time.advance(70_000)
    expect([await lab.get(west, 'before'), await lab.get(europe, 'theirs'), await lab.get(europe, 'meanwhile')]).toEqual(['v', 'v', 'v'])
    expect(await lab.get(east, 'meanwhile')).toBe(await lab.get(west, 'meanwhile'))
  })

  test.each([0, 5, 50, 400, 900, 1_500, 2_500])(
    'survives a crash of its Region, and of a member, %i ms after it began',
    async (afterMs) => {
      for (const victim of [europe, west]) {
        const lab = await TestWorld.open({ seed: afterMs + 1 })
        await lab.createTable(east, west, europe)
        for (let write = 0; write < 10; write++) await lab.put(europe, `k${write}`, 'v')
        accepted(await unprotect(lab, europe))
        accepted(await disassociate(lab, europe))
        const during = lab.beginPut(europe, 'during', 'v').catch(() => 'lost')
        await lab.time.advance(afterMs)
        await lab.break({ kind: 'crash', region: victim }, 2_000)
        await lab.settled()
        await lab.time.advance(3_000)
        const answered = await lab.time.resolve(during)
        await lab.put(europe, 'after', 'v')
        await lab.put(west, 'group', 'v')
        await lab.time.advance(70_000)
        for (let write = 0; write < 10; write++) {
          expect([await lab.get(west, `k${write}`), await lab.get(europe, `k${write}`)]).toEqual(['v', 'v'])
        }
        if (answered === 'put') expect(await lab.get(europe, 'during')).toBe('v')
        expect([await lab.get(east, 'after'), await lab.get(east, 'during')]).toEqual([undefined, await lab.get(west, 'during')])
        expect([await lab.get(east, 'group'), await lab.get(europe, 'group')]).toEqual(['v', undefined])
        expect(await lab.countKept()).toBe(0)
      }
    },
  )

  test('is protected from it unless that was said, goes in its own Region alone, and not while something else is under way', async () => {
    const lab = await TestWorld.open()
    await lab.createTable(east, europe)
    const guarded = await disassociate(lab, europe)
    expect(isRefusal(guarded) && guarded.message).toContain('disassociation protection enabled')
    accepted(await unprotect(lab, europe))
    const elsewhere = await lab.time.resolve(lab.world.changeReplica(east, 'users', { kind: 'disassociate', region: europe }))
    expect(isRefusal(elsewhere)).toBe(true)
    const crash = await lab.break({ kind: 'crash', region: east }, 3_600_000)
    accepted(await disassociate(lab, europe))
    expect(await disassociate(lab, europe)).toMatchObject({ refused: 'in-use' })
    await lab.heal(crash)
    await lab.settled()
    expect(group(lab)?.replicas.map(({ region }) => region)).toEqual([east])
  })
})
