import { setTimeout as sleep } from 'node:timers/promises'
import type { ReplicationReply, TableReplication } from '../admin/wire.ts'
import { AdminClient, ServerRefused } from './admin-client.ts'
import type { Command } from './command.ts'
import { assertPositionals } from './command.ts'
import { Display, onTerminal, print, printJson } from './output.ts'
import { drawTables, isSettled, progressLines } from './replication-view.ts'

const help = `everywrite replication [TABLE]: how far the replicas of global tables are

For each link: what is pending and how old the oldest of it is, and the lag of the last changes. For a replica that is being made: how many of the
items that its source had are there, then that what was written meanwhile is on its way.

  --watch          look again until no replica is being made or removed; a progress bar on a terminal, else a line for each step
  --endpoint URL   default http://127.0.0.1:8000
  --json           as JSON; with --watch one line for each look that shows something new`

export const replication: Command = {
  help,
  options: { watch: { type: 'boolean' } },
  async run(args) {
    assertPositionals(args, 1)
    const client = AdminClient.of(args)
    const [table] = args.positionals
    const json = args.values['json'] === true
    if (args.values['watch'] === true) await watch(client, table, json)
    else {
      const tables = await tablesOf(client, table)
      if (json) printJson({ tables })
      else print(drawTables(tables))
    }
    return 0
  },
}

async function watch(client: AdminClient, table: string | undefined, json: boolean): Promise<void> {
  const display = new Display()
  let last = ''
  for (;;) {
    const tables = await tablesOf(client, table)
    const shown = json ? JSON.stringify({ tables }) : onTerminal ? drawTables(tables) : progressLines(tables).join('\n')
    if (!json && onTerminal) display.show(shown)
    else if (shown !== last) print(shown)
    last = shown
    if (tables.every(isSettled)) return
    await sleep(lookMs)
  }
}

async function tablesOf(client: AdminClient, table: string | undefined): Promise<readonly TableReplication[]> {
  const { tables } = await client.get<ReplicationReply>('replication')
  const found = table === undefined ? tables : tables.filter((each) => each.table === table)
  if (table !== undefined && found.length === 0) throw new ServerRefused(`There is no global table ${table}.`)
  return found
}

const lookMs = 500
