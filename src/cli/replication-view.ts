import type { FillingState, LinkState, ReplicaState, TableReplication } from '../admin/wire.ts'
import { layOut, style } from './output.ts'

/** How `everywrite replication` shows what the server says. */

/** Replicas, then the links between them, table by table. */
export function drawTables(tables: readonly TableReplication[]): string {
  if (tables.length === 0) return 'There are no global tables.'
  const replicas = tables.flatMap(({ table, replicas: of }) =>
    of.map((replica, at) => [at === 0 ? style.strong(table) : '', replica.region, statusOf(replica), fillingOf(replica)]),
  )
  const links = tables.flatMap(({ table, links: of }) => of.map((link, at) => [at === 0 ? style.strong(table) : '', ...linkCells(link)]))
  const head = ['TABLE', 'FROM', 'TO', 'LINK', 'PENDING', 'OLDEST', 'LAG P50', 'LAG P99']
  return [layOut(['TABLE', 'REPLICA', 'STATUS', ''], replicas), ...(links.length === 0 ? [] : ['', layOut(head, links)])].join('\n')
}

/** For whoever reads a log: a line for each replica that is being made or removed, and one when there are none. */
export function progressLines(tables: readonly TableReplication[]): readonly string[] {
  const lines = tables.flatMap(({ table, replicas }) =>
    replicas
      .filter(({ status }) => status !== 'ACTIVE')
      .map((replica) => `${table} ${replica.region} ${replica.status} ${wordsOf(replica.filling)}`.trimEnd()),
  )
  return lines.length === 0 ? ['All replicas are ACTIVE.'] : lines
}

/** No replica is being made or removed. */
export function isSettled({ replicas }: TableReplication): boolean {
  return replicas.every(({ status }) => status === 'ACTIVE')
}

function statusOf({ status }: ReplicaState): string {
  return status === 'ACTIVE' ? style.good(status) : style.accent(status)
}

function fillingOf({ filling, why }: ReplicaState): string {
  if (filling === undefined) return why ?? ''
  const fraction = fractionOf(filling)
  return `${fraction === undefined ? '' : `${bar(fraction)} `}${wordsOf(filling)}`
}

function wordsOf(filling: FillingState | undefined): string {
  switch (filling?.stage) {
    case undefined:
      return ''
    case 'waiting':
      return 'waits for its source'
    case 'copying':
      return `${percent(fractionOf(filling) ?? 0)}, ${counted(filling.items)} of ${counted(filling.itemsExpected ?? 0)} items`
    case 'catching-up':
      return 'has its items, and takes what was written meanwhile'
  }
}

/** Undefined where it is not known. */
function fractionOf({ stage, items, itemsExpected }: FillingState): number | undefined {
  if (stage === 'catching-up') return 1
  if (itemsExpected === null) return undefined
  return itemsExpected === 0 ? 1 : Math.min(1, items / itemsExpected)
}

function bar(fraction: number): string {
  const full = Math.floor(fraction * barCells)
  return `${style.accent('█'.repeat(full))}${style.faint('░'.repeat(barCells - full))}`
}

/** Rounded down: it is 100 % when nothing is missing. */
function percent(fraction: number): string {
  return `${Math.floor(fraction * 100)} %`
}

function counted(count: number): string {
  return count.toLocaleString('en')
}

function linkCells({ from, to, state, pending, oldestPendingMs, lagP50Ms, lagP99Ms }: LinkState): string[] {
  const shown = state === 'up' ? style.good(state) : style.bad(state)
  return [from, to, shown, pending === null ? '' : counted(pending), duration(oldestPendingMs), duration(lagP50Ms), duration(lagP99Ms)]
}

function duration(ms: number | null): string {
  if (ms === null) return ''
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1000)} s`
}

const barCells = 24
