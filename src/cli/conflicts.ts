import type { ConflictReport, ConflictsReply, WriteReport } from '../admin/wire.ts'
import { AdminClient } from './admin-client.ts'
import type { Command } from './command.ts'
import { assertPositionals, textOf } from './command.ts'
import { plain, print, printJson, style } from './output.ts'

const help = `everywrite conflicts [TABLE]: the writes that lost, oldest first

  --since TIME     written at or after this time (ISO 8601, or milliseconds since 1970)
  --limit N        at most so many (default 100)
  --all            also those that lost nothing: withdrawn ones, and writes that made the same
  --endpoint URL   default http://127.0.0.1:8000
  --json           as JSON`

export const conflicts: Command = {
  help,
  options: { since: { type: 'string' }, limit: { type: 'string' }, all: { type: 'boolean' } },
  async run(args) {
    assertPositionals(args, 1)
    const query = new URLSearchParams()
    const [table] = args.positionals
    if (table !== undefined) query.set('table', table)
    for (const name of ['since', 'limit']) {
      const value = textOf(args, name)
      if (value !== undefined) query.set(name, value)
    }
    if (args.values['all'] === true) query.set('all', '1')
    const reply = await AdminClient.of(args).get<ConflictsReply>(`conflicts?${query.toString()}`)
    if (args.values['json'] === true) printJson(reply)
    else printConflicts(reply, table)
    return 0
  },
}

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
  ]
  print(`${indent}${style.strong(table)}  ${name}  ${style.faint(`${conflict.rule}, ${marks.join(', ')}`)}`)
  print(`${indent}  ${style.bad('lost')}  ${describe(loser, lostAttributes)}`)
  print(`${indent}  ${style.good('won ')}  ${describe(winner, lostAttributes)}`)
  print(`${indent}  ${style.faint(`found in ${conflict.foundIn.join(', ')} at ${conflict.foundAt}; id ${conflict.id}`)}`)
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
      : attributes.map((name) => (Object.hasOwn(item, name) ? `${name} = ${plain(item[name])}` : `no ${name}`)).join(', ')
  return `${region}  ${writtenAt}  ${made === '' ? 'the same' : made}${lie}`
}
