import { expect, test } from 'vitest'
import { VirtualTime } from '../base/virtual-time.ts'
import { createMemoryStore } from '../storage/memory-store.ts'
import type { Write } from '../storage/store.ts'
import { cellOf, encodeCell } from './cell.ts'
import { takeOverLedger } from './ledger-handover.ts'
import { ledgerEntries } from './ledger-scan.ts'
import { ledgerId, recordLoss } from './ledger.ts'
import { newReplicaRow } from './replica-row.ts'
import { cellKey, entryPlace, logKey } from './rows.ts'
import type { Version } from './version.ts'
import { encodeVersion } from './version.ts'

const [a, b] = ['00000000000000aa', '00000000000000bb']

function version(incarnation: string, n: number, base?: Version): Version {
  return encodeVersion({
    dot: { incarnation, n },
    timestamp: BigInt(n),
    region: 'R',
    base: base && { dot: base.dot, timestamp: base.timestamp },
    context: new Map(),
    epoch: 0,
    committedAtMs: 0,
    itemKey: Buffer.from('k'),
    stored: undefined,
  })
}

test('[REP-37] what a leaving replica had found is taken over, and withdrawn where the heir had applied a write that built on it', async () => {
  const time = new VirtualTime()
  const leaver = createMemoryStore({ scheduler: time })
  const heir = createMemoryStore({ scheduler: time })
  const [lost, replaced, winner] = [version(a, 1), version(a, 2), version(b, 1)]
  const loss = (loser: Version): Write =>
    recordLoss({ tableNumber: 7, globalId: 'g', loser, winner, rule: 'last-writer-wins', foundIn: 'R', foundAtMs: 0, read: false })
  await time.resolve(leaver.transact([], () => ({ writes: [loss(lost), loss(replaced)], result: undefined })))
  // The leaver had come to b:1; b:2 builds on a version that it had found to have lost.
  const child = version(b, 2, replaced)
  await time.resolve(heir.transact([], () => ({ writes: [{ key: logKey(9, child.dot), value: child.bytes }], result: undefined })))

  const cursors = new Map([[b, 1]])
  const heirRow = async () => ({ ...newReplicaRow, cursors: new Map([[b, 2]]) })
  const handover = { globalId: 'g', leaver: { store: leaver, tableNumber: 7, cursors }, heir: { store: heir, tableNumber: 9 }, heirRow }
  expect(await time.resolve(takeOverLedger(handover))).toBe(2)
  await time.resolve(takeOverLedger(handover)) // interrupted, it is done once more

  const found = []
  for await (const { entry, withdrawn } of ledgerEntries(heir, 9, 0n)) found.push({ n: entry.loser.n, withdrawn })
  expect(found).toEqual([
    { n: 1, withdrawn: false },
    { n: 2, withdrawn: true },
  ])
})

test('[REP-37] what the heir shows is not taken over as lost, and what a write beyond the leaver resolved is taken over as resolved', async () => {
  const time = new VirtualTime()
  const leaver = createMemoryStore({ scheduler: time })
  const heir = createMemoryStore({ scheduler: time })
  const [shown, settled, winner] = [version(a, 1), version(a, 2), version(b, 1)]
  const loss = (loser: Version): Write =>
    recordLoss({ tableNumber: 7, globalId: 'g', loser, winner, rule: 'home-region', foundIn: 'R', foundAtMs: 0, read: false })
  await time.resolve(leaver.transact([], () => ({ writes: [loss(shown), loss(settled)], result: undefined })))
  const { dot, timestamp, itemKey } = settled
  const resolving = encodeVersion({ ...version(b, 2), notes: { resolves: [entryPlace(timestamp, ledgerId('g', itemKey, dot))] } })
  const writes = [
    { key: logKey(9, resolving.dot), value: resolving.bytes },
    { key: cellKey(9, itemKey), value: encodeCell(cellOf(shown)) },
  ]
  await time.resolve(heir.transact([], () => ({ writes, result: undefined })))

  const cursors = new Map([[b, 1]])
  const heirRow = async () => ({ ...newReplicaRow, cursors: new Map([[b, 2]]) })
  const handover = { globalId: 'g', leaver: { store: leaver, tableNumber: 7, cursors }, heir: { store: heir, tableNumber: 9 }, heirRow }
  await time.resolve(takeOverLedger(handover))
  const found = []
  for await (const { entry, resolved } of ledgerEntries(heir, 9, 0n)) found.push({ n: entry.loser.n, resolved })
  expect(found).toEqual([{ n: 2, resolved: true }])
})
