import type { ConflictReport, ConflictsReply, ResolvedReply, WriteReport } from '../admin/wire.ts'
import { readJson } from '../server/settings.ts'
import { AdminClient } from './admin-client.ts'
import type { Arguments, Command } from './command.ts'
import { UsageError, assertPositionals, textOf } from './command.ts'
import { plain, print, printJson, style } from './output.ts'

const help = `everywrite conflicts [TABLE]: the writes that lost, oldest first
everywrite conflicts resolve ID --restore | --item FILE | --delete: settle one of them

  --since TIME     written at or after this time (ISO 8601, or milliseconds since 1970)
  --limit N        at most so many (default 100)
  --open           those only that version-check keeps open
  --all            also those that lost nothing (withdrawn ones, and writes that made the same) and those that are resolved
  --export         all of them, one JSON object a line
  --follow         and then each further one as it is found; ends with Ctrl-C
  --restore        write again what had lost
  --item FILE      write this item, DynamoDB JSON
  --delete         delete the item
  --shown VERSION  the version that is shown, when it is not the winner any more
  --endpoint URL   default http://127.0.0.1:8000
  --json           as JSON`

export const conflicts: Command = {
  help,
  options: {
    since: { type: 'string' },
    limit: { type: 'string' },
    all: { type: 'boolean' },
    open: { type: 'boolean' },
    export: { type: 'boolean' },
    follow: { type: 'boolean' },
    restore: { type: 'boolean' },
    delete: { type: 'boolean' },
    item: { type: 'string' },
    shown: { type: 'string' },
  },
  async run(args) {
    if (args.positionals[0] === 'resolve') return resolve(args)
    assertPositionals(args, 1)
    const client = AdminClient.of(args)
    const query = queryOf(args)
    const [table] = args.positionals
    if (args.values['follow'] === true) return follow(client, query, args.values['json'] === true || args.values['export'] === true)
    if (args.values['export'] === true) {
      for await (const conflict of everyConflict(client, query)) print(JSON.stringify(conflict))
      return 0
    }
    const reply = await client.get<ConflictsReply>(`conflicts?${query.toString()}`)
    if (args.values['json'] === true) printJson(reply)
    else printConflicts(reply, table)
    return 0
  },
}

function queryOf(args: Arguments): URLSearchParams {
  const query = new URLSearchParams()
  const [table] = args.positionals
  if (table !== undefined) query.set('table', table)
  for (const name of ['since', 'limit']) {
    const value = textOf(args, name)
    if (value !== undefined) query.set(name, value)
  }
  for (const name of ['all', 'open']) if (args.values[name] === true) query.set(name, '1')
  return query
}

async function resolve(args: Arguments): Promise<number> {
  assertPositionals(args, 2)
  const [, id] = args.positionals
  if (id === undefined) throw new UsageError('Which conflict? `everywrite conflicts` lists their ids')
  const file = textOf(args, 'item')
  const ways = [args.values['restore'] === true, args.values['delete'] === true, file !== undefined].filter(Boolean)
  if (ways.length !== 1) throw new UsageError('Resolving takes one of --restore, --item FILE and --delete')
  const shown = textOf(args, 'shown')
  const body = {
    ...(args.values['restore'] === true ? { restore: true } : { item: file === undefined ? null : await readJson(file) }),
    ...(shown === undefined ? {} : { shown: shown === 'none' ? null : shown }),
  }
  const reply = await AdminClient.of(args).post<ResolvedReply>(`conflicts/${encodeURIComponent(id)}/resolve`, body)
  if (args.values['json'] === true) printJson(reply)
  else print(`Resolved, by a write in ${reply.region}.`)
  return 0
}

/** Page by page. A page begins with the time that the last one ended with, so what was seen is passed over. */
async function* everyConflict(client: AdminClient, query: URLSearchParams): AsyncGenerator<ConflictReport> {
  const page = new URLSearchParams(query)
  page.set('limit', '1000')
  let seen = new Set<string>()
  for (;;) {
    const { conflicts: found, more } = await client.get<ConflictsReply>(`conflicts?${page.toString()}`)
    const fresh = found.filter(({ id }) => !seen.has(id))
    yield* fresh
    const last = fresh.at(-1)
    if (!more || last === undefined) return
    seen = new Set(found.map(({ id }) => id))
    page.set('since', last.loser.writtenAt)
  }
}

/** All that there are, and then, whenever a Region says that it found some, those that were found since. */
async function follow(client: AdminClient, query: URLSearchParams, asJson: boolean): Promise<number> {
  const seen = new Map<string, string>()
  const show = async (foundSince: string | undefined): Promise<string | undefined> => {
    const page = new URLSearchParams(query)
    if (foundSince !== undefined) page.set('foundSince', foundSince)
    let newest = foundSince
    for await (const conflict of everyConflict(client, page)) {
      if (newest === undefined || conflict.foundAt > newest) newest = conflict.foundAt
      if (seen.has(conflict.id)) continue
      seen.set(conflict.id, conflict.foundAt)
      if (asJson) print(JSON.stringify(conflict))
      else printConflict(conflict)
    }
    // What was found earlier is not asked for again.
    for (const [id, foundAt] of seen) if (newest !== undefined && foundAt < newest && seen.size > rememberedMax) seen.delete(id)
    return newest
  }
  const events = client.events('conflicts')
  // Listening before looking: nothing that is found in between is missed.
  await events.next()
  let newest = await show(undefined)
  for await (const _found of events) newest = await show(newest)
  return 0
}

const rememberedMax = 10_000

function printConflicts({ conflicts: found, more }: ConflictsReply, table: string | undefined): void {
  if (found.length === 0) {
    print(`No write was lost${table === undefined ? '' : ` in ${table}`}.`)
    return
  }
  for (const conflict of found) {
    printConflict(conflict)
    print()
  }
  const last = found.at(-1)
  if (more && last !== undefined) print(`There are more: --since ${last.loser.writtenAt}`)
}

/** Also used by the demo. */
export function printConflict(conflict: ConflictReport, indent = ''): void {
  const { table, key, loser, winner, lostAttributes } = conflict
  const name = Object.entries(key)
    .map(([attribute, value]) => `${attribute} = ${plain(value)}`)
    .join(', ')
  const marks = [
    conflict.settled ? 'settled' : 'not settled yet',
    ...(conflict.withdrawn ? ['withdrawn'] : []),
    ...(conflict.harmless ? ['harmless'] : []),
    ...(conflict.resolved ? ['resolved'] : []),
    ...(conflict.open ? ['open'] : []),
    ...(conflict.read ? ['had been read'] : []),
    ...(conflict.failed === undefined ? [] : [conflict.failed]),
  ]
  print(`${indent}${style.strong(table)}  ${name}  ${style.faint(`${conflict.rule}, ${marks.join(', ')}`)}`)
  print(`${indent}  ${style.bad('lost')}  ${describe(loser, lostAttributes)}`)
  print(`${indent}  ${style.good('won ')}  ${describe(winner, lostAttributes)}`)
  print(`${indent}  ${style.faint(`found in ${conflict.foundIn.join(', ')} at ${conflict.foundAt}; id ${conflict.id}`)}`)
}

/** An attribute, or a member of maps as `address.city`. */
function valueAt(item: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(item, path)) return item[path]
  let at: unknown = { M: item }
  for (const name of path.split('.')) {
    const map = typeof at === 'object' && at !== null && 'M' in at ? (at.M as Readonly<Record<string, unknown>>) : {}
    at = Object.hasOwn(map, name) ? map[name] : undefined
  }
  return at
}

function describe({ region, writtenAt, trueTime, item }: WriteReport, attributes: readonly string[]): string {
  const skewMs = Date.parse(writtenAt) - Date.parse(trueTime)
  // A few milliseconds are the counter of the hybrid clock, not a clock that is wrong.
  const lie =
    Math.abs(skewMs) < 10
      ? ''
      : style.faint(` (in truth ${trueTime}: the timestamp is ${Math.abs(skewMs)} ms ${skewMs > 0 ? 'ahead' : 'behind'})`)
  const made =
    item === null
      ? 'deleted the item'
      : attributes
          .map((name) => [name, valueAt(item, name)] as const)
          .map(([name, value]) => (value === undefined ? `no ${name}` : `${name} = ${plain(value)}`))
          .join(', ')
  return `${region}  ${writtenAt}  ${made === '' ? 'the same' : made}${lie}`
}
