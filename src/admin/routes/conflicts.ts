import { timestampAt } from '../../replication/timestamp.ts'
import { conflictsOf, schemaOf, tableNames, tablesCalled } from '../../world/inspection.ts'
import { reportConflict } from '../conflict-report.ts'
import type { AdminContext } from '../context.ts'
import type { Reply } from '../reply.ts'
import { Rejection, ok } from '../reply.ts'
import type { ConflictReport, ConflictsReply } from '../wire.ts'

/** The writes that lost, in the order in which they were made by their Regions' clocks. */
export async function conflicts({ world }: AdminContext, query: URLSearchParams): Promise<Reply> {
  const wanted = query.get('table')
  const since = timestampAt(parseSince('since', query.get('since')))
  const limit = parseLimit(query.get('limit'))
  const all = query.get('all') === '1'
  const open = query.get('open') === '1'
  const foundSinceMs = parseSince('foundSince', query.get('foundSince'))
  if (wanted !== null && tablesCalled(world, wanted).length === 0) throw new Rejection(404, `There is no table ${wanted}.`)

  const found: ConflictReport[] = []
  for (const name of wanted === null ? tableNames(world) : [wanted]) {
    for (const conflict of await conflictsOf(world, name, since)) {
      if (!all && (conflict.withdrawn || conflict.harmless || conflict.resolved)) continue
      if ((open && !conflict.open) || conflict.foundAtMs < foundSinceMs) continue
      const schema = schemaOf(world, conflict)
      if (schema !== undefined) found.push(reportConflict(conflict, schema))
    }
  }
  found.sort((a, b) => (BigInt(a.loser.timestamp) < BigInt(b.loser.timestamp) ? -1 : 1))
  const body: ConflictsReply = { conflicts: found.slice(0, limit), more: found.length > limit }
  return ok(body)
}

function parseSince(name: string, text: string | null): number {
  if (text === null) return 0
  const ms = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  if (!(ms >= 0 && ms < 2 ** 48)) throw new Rejection(400, `${name} must be a time: ISO 8601, or milliseconds since 1970.`)
  return ms
}

const limitMax = 10_000

function parseLimit(text: string | null): number {
  if (text === null) return 100
  const limit = Number(text)
  if (!Number.isInteger(limit) || limit < 1 || limit > limitMax)
    throw new Rejection(400, `limit must be a whole number from 1 to ${limitMax}.`)
  return limit
}
