import { signal } from '@preact/signals'
import type { LinkState, ReplicationReply } from '../../../src/admin/wire.ts'

/** What was seen of each link since this page was opened: one point a second, for a quarter of an hour. */
export interface Point {
  readonly atMs: number
  readonly lagP50Ms: number | null
  readonly lagP99Ms: number | null
  readonly pending: number | null
  readonly oldestPendingMs: number | null
  /** Changes that arrived since the point before. */
  readonly arrived: number
  readonly state: LinkState['state']
}

export interface LinkHistory {
  readonly table: string
  readonly from: string
  readonly to: string
  readonly points: readonly Point[]
}

export const history = signal<ReadonlyMap<string, LinkHistory>>(new Map())

const receivedByLink = new Map<string, number>()

export function remember({ tables }: ReplicationReply): void {
  const atMs = Date.now()
  const next = new Map<string, LinkHistory>()
  for (const { table, links } of tables) {
    for (const link of links) {
      const name = nameOf(table, link)
      const before = receivedByLink.get(name)
      receivedByLink.set(name, link.received)
      // Counts begin anew when a Region is started again.
      const arrived = before === undefined ? 0 : Math.max(0, link.received - before)
      const { lagP50Ms, lagP99Ms, pending, oldestPendingMs, state } = link
      const point: Point = { atMs, lagP50Ms, lagP99Ms, pending, oldestPendingMs, arrived, state }
      const points = history.value.get(name)?.points ?? []
      next.set(name, { table, from: link.from, to: link.to, points: [...points.slice(-(pointsMax - 1)), point] })
    }
  }
  for (const name of receivedByLink.keys()) if (!next.has(name)) receivedByLink.delete(name)
  history.value = next
}

export function nameOf(table: string, { from, to }: { readonly from: string; readonly to: string }): string {
  return `${table} ${from} ${to}`
}

export const pointsMax = 900
