import type { LoseReply } from '../admin/wire.ts'
import { AdminClient } from './admin-client.ts'
import type { Command } from './command.ts'
import { UsageError } from './command.ts'
import { layOut, print, printJson } from './output.ts'

const help = `everywrite region lose NAME [NAME…]: give Regions up that will never come back

Their replicas are taken out of all global tables. The other Regions give each other what any of them has of the lost one's writes, and are equal
then. What only the lost Region had is gone; how much of that is known is printed. Should it come back after all, its copy is thrown away. Afterwards
the Region can be added anew, as any other (UpdateTable with ReplicaUpdates).

A Region that answers is not given up without --force: remove its replicas with UpdateTable instead, then nothing is lost. If a Region is only
unreachable for a while, do nothing: it catches up by itself.

  --force          also one that answers
  --endpoint URL   default http://127.0.0.1:8000
  --json           as JSON`

export const region: Command = {
  help,
  options: { force: { type: 'boolean' } },
  async run(args) {
    const [what, name, ...also] = args.positionals
    if (what !== 'lose' || name === undefined) throw new UsageError('It is `everywrite region lose NAME`')
    const body = { also, force: args.values['force'] === true }
    const reply = await AdminClient.of(args).post<LoseReply>(`regions/${encodeURIComponent(name)}/lose`, body)
    if (args.values['json'] === true) printJson(reply)
    else printLoss(reply)
    return reply.done ? 0 : 1
  },
}

function printLoss({ regions, done, losses }: LoseReply): void {
  const names = regions.join(' and ')
  if (!done)
    print(
      `${names}: recorded as lost. A Region that has what is left of it does not run; it goes on when that one is back, or is given up too.`,
    )
  else print(`${names}: given up. The other Regions are equal.`)
  if (losses.length === 0) return
  const rows = losses.flatMap(({ table, region: lost, logs }) =>
    logs.map(({ log, final, known }) => [table, lost, log, String(final), known > final ? `${final + 1} to ${known}` : 'nothing known']),
  )
  if (rows.length > 0) print(layOut(['TABLE', 'REGION', 'LOG', 'KEPT TO', 'LOST'], rows))
}
