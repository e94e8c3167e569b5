import { expect, test } from 'vitest'
import { VirtualTime } from '../base/virtual-time.ts'
import { createMemoryStore } from '../storage/memory-store.ts'
import type { Store } from '../storage/store.ts'
import type { LedgerEntry } from './ledger.ts'
import { LedgerLimit } from './ledger-limit.ts'
import { ledgerEntries } from './ledger-scan.ts'
import type { PolicyName } from './policy.ts'
import { ledgerKey, resolutionKey, withdrawalKey } from './rows.ts'

const tableNumber = 1

function idOf(n: number): string {
  return n.toString(16).padStart(32, '0')
}

/** Writes entry `n`: its loser is (`aa`, n), its winner (`bb`, n). */
async function find(store: Store, limit: LedgerLimit, n: number, withdrawn = false, rule: PolicyName = 'last-writer-wins'): Promise<void> {
  const version = { n, timestamp: String(n), region: 'us-east-1', committedAtMs: 0, itemKey: '00', image: '{}' }
  const entry: LedgerEntry = {
    id: idOf(n),
    loser: { ...version, incarnation: 'aa' },
    winner: { ...version, incarnation: 'bb' },
    rule,
    foundIn: 'us-east-1',
    foundAtMs: 0,
    harmless: false,
    read: false,
  }
  const writes = [{ key: ledgerKey(tableNumber, BigInt(n), idOf(n)), value: Buffer.from(JSON.stringify(entry)) }]
  if (withdrawn) writes.push({ key: withdrawalKey(tableNumber, BigInt(n), idOf(n)), value: Buffer.alloc(14) })
  await store.transact([], () => ({ writes, result: undefined }))
  limit.found(1)
}

async function kept(store: Store): Promise<readonly number[]> {
  const found = []
  for await (const { entry } of ledgerEntries(store, tableNumber, 0n)) found.push(entry.loser.n)
  return found
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

test('REP-20: beyond the limit the oldest settled entries go, with their withdrawals, over as many steps as it takes', async () => {
  const time = new VirtualTime()
  const store = createMemoryStore({ scheduler: time })
  const limit = new LedgerLimit(store, tableNumber, 10)
  const run = async (): Promise<void> => {
    for (let n = 1; n <= 1_300; n++) await find(store, limit, n, n % 3 === 0)
    await limit.enforce(() => true)
    expect(await kept(store)).toEqual(range(1_292, 1_300))
    await find(store, limit, 1_301)
    await limit.enforce(() => true)
    expect(await kept(store)).toEqual(range(1_292, 1_301))
    await find(store, limit, 1_302)
    await limit.enforce(() => true)
    expect(await kept(store)).toEqual(range(1_294, 1_302))
  }
  await time.resolve(run())
})

test('REP-20: an entry stays beyond the limit until both its versions are stable', async () => {
  const time = new VirtualTime()
  const store = createMemoryStore({ scheduler: time })
  const limit = new LedgerLimit(store, tableNumber, 3)
  const run = async (): Promise<void> => {
    for (let n = 1; n <= 8; n++) await find(store, limit, n)
    await limit.enforce(() => false)
    expect(await kept(store)).toEqual(range(1, 8))
    await limit.enforce(({ incarnation }) => incarnation === 'aa')
    expect(await kept(store)).toEqual(range(1, 8))
    await limit.enforce(({ n }) => n >= 3 && n <= 4)
    expect(await kept(store)).toEqual([1, 2, ...range(5, 8)])
    await limit.enforce(() => true)
    expect(await kept(store)).toEqual(range(6, 8))
  }
  await time.resolve(run())
})

test('a ledger that was at its limit before the opening is counted at the first loss', async () => {
  const time = new VirtualTime()
  const store = createMemoryStore({ scheduler: time })
  const run = async (): Promise<void> => {
    const before = new LedgerLimit(store, tableNumber, 3)
    for (let n = 1; n <= 3; n++) await find(store, before, n)
    const limit = new LedgerLimit(store, tableNumber, 3)
    await find(store, limit, 4)
    await limit.enforce(() => true)
    expect(await kept(store)).toEqual(range(2, 4))
  }
  await time.resolve(run())
})

test('REP-20: an entry of version-check stays beyond the limit until it is resolved', async () => {
  const time = new VirtualTime()
  const store = createMemoryStore({ scheduler: time })
  const limit = new LedgerLimit(store, tableNumber, 10)
  const run = async (): Promise<void> => {
    await find(store, limit, 1, false, 'version-check')
    await find(store, limit, 2, false, 'version-check')
    await store.transact([], () => ({
      writes: [{ key: resolutionKey(ledgerKey(tableNumber, 2n, idOf(2))), value: Buffer.alloc(14) }],
      result: undefined,
    }))
    for (let n = 3; n <= 12; n++) await find(store, limit, n)
    await limit.enforce(() => true)
    expect(await kept(store)).toEqual([1, ...range(5, 12)])
  }
  await time.resolve(run())
})
