import { setTimeout as sleep } from 'node:timers/promises'
import type { DigestReply, RegionsReply } from '../admin/wire.ts'
import { AdminClient } from './admin-client.ts'
import type { Command } from './command.ts'
import { assertPositionals, numberOf } from './command.ts'
import { layOut, print, printJson, style } from './output.ts'

const help = `everywrite verify [TABLE]: whether all replicas hold the same

What is on its way is waited for. Exit code 0: every replica holds the same bytes and has come equally far in every log. Exit code 1: replicas
differ, a Region does not run, or writes were still on their way when the time was over.

  --timeout MS     how long to wait for what is on its way (default 30000)
  --endpoint URL   default http://127.0.0.1:8000
  --json           as JSON`

export const verify: Command = {
  help,
  options: { timeout: { type: 'string' } },
  async run(args) {
    assertPositionals(args, 1)
    const client = AdminClient.of(args)
    const deadlineMs = performance.now() + (numberOf(args, 'timeout') ?? 30_000)
    const [table] = args.positionals
    const verdicts: TableVerdict[] = []
    for (const name of table === undefined ? await tablesOf(client) : [table]) verdicts.push(await verifyTable(client, name, deadlineMs))
    if (args.values['json'] === true) printJson({ tables: verdicts, converged: verdicts.every(isConverged) })
    else printVerdicts(verdicts)
    return verdicts.every(isConverged) ? 0 : 1
  },
}

export interface TableVerdict extends DigestReply {
  /** `in-flight`: some replica had not come as far as another when the time was over. */
  readonly verdict: 'converged' | 'differs' | 'in-flight' | 'not-running'
}

function isConverged({ verdict }: TableVerdict): boolean {
  return verdict === 'converged'
}

/** Asks until all replicas have come equally far, or the time is over. Replicas that have, and differ, will not become equal. */
export async function verifyTable(client: AdminClient, table: string, deadlineMs: number): Promise<TableVerdict> {
  let pauseMs = 25
  for (;;) {
    const reply = await client.get<DigestReply>(`tables/${encodeURIComponent(table)}/digest`)
    const verdict = judge(reply)
    if (verdict === 'converged' || verdict === 'differs' || performance.now() + pauseMs > deadlineMs) return { ...reply, verdict }
    await sleep(pauseMs)
    pauseMs = Math.min(pauseMs * 2, 1000)
  }
}

function judge({ members, digests, cursors, converged }: DigestReply): TableVerdict['verdict'] {
  if (converged) return 'converged'
  if (members.some((region) => digests[region] === undefined)) return 'not-running'
  // The cursors are printed in the order of the logs, so equal ones are equal texts.
  const positions = new Set(members.map((region) => JSON.stringify(cursors[region])))
  const contents = new Set(members.map((region) => digests[region]))
  return positions.size === 1 && contents.size > 1 ? 'differs' : 'in-flight'
}

async function tablesOf(client: AdminClient): Promise<readonly string[]> {
  const { regions } = await client.get<RegionsReply>('regions')
  return [...new Set(regions.flatMap(({ tables }) => tables.map(({ name }) => name)))].sort()
}

const words: Readonly<Record<TableVerdict['verdict'], string>> = {
  converged: style.good('the same everywhere'),
  differs: style.bad('DIFFERS'),
  'in-flight': style.bad('writes are still on their way'),
  'not-running': style.bad('a Region does not run'),
}

function printVerdicts(verdicts: readonly TableVerdict[]): void {
  if (verdicts.length === 0) {
    print('There are no tables.')
    return
  }
  const rows = verdicts.flatMap(({ table, members, digests, items, verdict }) =>
    members.map((region, index) => [
      index === 0 ? style.strong(table) : '',
      region,
      String(items[region] ?? ''),
      digests[region]?.slice(0, 16) ?? 'does not run',
      index === 0 ? words[verdict] : '',
    ]),
  )
  print(layOut(['TABLE', 'REGION', 'ITEMS', 'DIGEST', ''], rows))
  const unequal = verdicts.filter((each) => !isConverged(each))
  print()
  if (unequal.length === 0) print(`All replicas of ${verdicts.length === 1 ? '1 table' : `${verdicts.length} tables`} hold the same.`)
  else print(`Not the same everywhere: ${unequal.map(({ table, verdict }) => `${table} (${words[verdict]})`).join(', ')}.`)
}
