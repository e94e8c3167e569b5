import { pagesOf } from '../storage/pages.ts'
import type { Snapshot, Write } from '../storage/store.ts'
import type { Incarnation } from './dot.ts'
import { incarnationOfOwnerRow, ownerKey, ownerRange } from './rows.ts'

/**
 * Which Region writes, or wrote, which incarnation. Logs have no names of Regions; but when a Region is lost, or its disk went back, all its
 * incarnations that any member knows must be closed [REP-36]. A row is written when the first record comes, or when its Region reports it.
 */
export type Owners = ReadonlyMap<Incarnation, string>

export async function readOwners(store: Pick<Snapshot, 'page'>, tableNumber: number): Promise<Owners> {
  const owners = new Map<Incarnation, string>()
  for await (const page of pagesOf(store, ownerRange(tableNumber), { entriesMax: 1000, bytesMax: 1 << 20 })) {
    for (const { key, value } of page) owners.set(incarnationOfOwnerRow(key), Buffer.from(value).toString('utf8'))
  }
  return owners
}

export function ownerWrite(tableNumber: number, incarnation: Incarnation, region: string): Write {
  return { key: ownerKey(tableNumber, incarnation), value: Buffer.from(region, 'utf8') }
}
