import { expect, test } from 'vitest'
import { VirtualTime } from '../base/virtual-time.ts'
import { createMemoryStore } from '../storage/memory-store.ts'
import type { Write } from '../storage/store.ts'
import { ledgerId, recordLoss } from './ledger.ts'
import { ledgerEntries } from './ledger-scan.ts'
import { withdrawalKey } from './rows.ts'
import { encodeVersion } from './version.ts'

const itemKey = Buffer.from('k')

function version(n: number, timestamp: bigint) {
  return encodeVersion({
    dot: { incarnation: '00000000000000aa', n },
    timestamp,
    region: 'A',
    base: undefined,
    context: new Map(),
    epoch: 0,
    committedAtMs: 0,
    itemKey,
    stored: undefined,
  })
}

function loss(n: number): Write {
  const [loser, winner] = [version(n, BigInt(n)), version(9_999, 9_999n)]
  return recordLoss({ tableNumber: 1, globalId: 'g', loser, winner, rule: 'last-writer-wins', foundIn: 'A', foundAtMs: 0, read: false })
}

function withdrawal(n: number): Write {
  const { dot, timestamp } = version(n, BigInt(n))
  return { key: withdrawalKey(1, timestamp, ledgerId('g', itemKey, dot)), value: new Uint8Array(0) }
}

async function scan(writes: readonly Write[], since = 0n) {
  const time = new VirtualTime()
  const store = createMemoryStore({ scheduler: time })
  await time.resolve(store.transact([], () => ({ writes, result: undefined })))
  const found: [number, boolean][] = []
  for await (const { entry, withdrawn } of ledgerEntries(store, 1, since)) found.push([entry.loser.n, withdrawn])
  return found
}

test('REP-19: a withdrawal counts for its own entry only; one whose entry another Region has counts for none here', async () => {
  expect(await scan([loss(1), withdrawal(2), loss(3), withdrawal(3), withdrawal(4)])).toEqual([
    [1, false],
    [3, true],
  ])
})

test('REP-18: entries come in the order in which the losers were written, from `since` on, also over many pages', async () => {
  const writes = Array.from({ length: 1_200 }, (_, n) => [loss(n + 1), ...(n % 2 === 0 ? [withdrawal(n + 1)] : [])]).flat()
  const found = await scan(writes, 101n)
  expect(found).toEqual(Array.from({ length: 1_100 }, (_, n) => [n + 101, n % 2 === 0]))
})
