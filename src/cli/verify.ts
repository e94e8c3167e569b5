import { setTimeout as sleep } from 'node:timers/promises'
import type { DigestReply, DivergenceReport, RegionsReply, VerifyReply } from '../admin/wire.ts'
import { AdminClient } from './admin-client.ts'
import type { Command } from './command.ts'
import { assertPositionals, numberOf } from './command.ts'
import { layOut, plain, print, printJson, style } from './output.ts'

const help = `everywrite verify [TABLE]: whether all replicas hold the same

What is on its way is waited for. Exit code 0: every replica holds the same bytes and has come equally far in every log. Exit code 1: replicas
differ, a Region does not run, or writes were still on their way when the time was over. Items that differ for good are named; that is so when a store was
damaged or written to from outside.

  --repair         give all replicas the same of each item that differs for good: what nothing replaced stays, where at least as many replicas hold
                   it as lack it
  --timeout MS     how long to wait for what is on its way (default 30000)
  --endpoint URL   default http://127.0.0.1:8000
  --json           as JSON`

export const verify: Command = {
  help,
  options: { timeout: { type: 'string' }, repair: { type: 'boolean' } },
  async run(args) {
    assertPositionals(args, 1)
    const client = AdminClient.of(args)
    const deadlineMs = performance.now() + (numberOf(args, 'timeout') ?? 30_000)
    const [table] = args.positionals
    const verdicts: TableVerdict[] = []
    const found: VerifyReply[] = []
    for (const name of table === undefined ? await tablesOf(client) : [table]) {
      let verdict = await verifyTable(client, name, deadlineMs)
      const repair = args.values['repair'] === true
      if (repair || verdict.verdict === 'differs') {
        const replies = await divergenceOf(client, name, repair, deadlineMs)
        found.push(...replies)
        if (repair && replies.some(({ divergent }) => divergent.length > 0)) verdict = await verifyTable(client, name, deadlineMs)
      }
      verdicts.push(verdict)
    }
    const divergent = found.flatMap((reply) => reply.divergent.map((each) => ({ table: reply.table, ...each })))
    if (args.values['json'] === true) printJson({ tables: verdicts, divergent, converged: verdicts.every(isConverged) })
    else {
      printVerdicts(verdicts)
      for (const each of divergent) printDivergence(each)
    }
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

/** With repair as often as there are more of them than are looked at in one go. */
async function divergenceOf(client: AdminClient, table: string, repair: boolean, deadlineMs: number): Promise<readonly VerifyReply[]> {
  const replies: VerifyReply[] = []
  for (;;) {
    const timeoutMs = Math.max(1000, Math.ceil(deadlineMs - performance.now()))
    const reply = await client.post<VerifyReply>(`tables/${encodeURIComponent(table)}/verify`, { repair, timeoutMs })
    replies.push(reply)
    if (!repair || !reply.more || reply.divergent.length === 0) return replies
  }
}

function printDivergence({ table, key, regions }: DivergenceReport & { readonly table: string }): void {
  const name = Object.entries(key)
    .map(([attribute, value]) => `${attribute} = ${plain(value)}`)
    .join(', ')
  print(`${style.strong(table)}  ${name}`)
  for (const [region, { holds, given, writtenMeanwhile }] of Object.entries(regions)) {
    const made = writtenMeanwhile === true ? ', written meanwhile: verify again' : given === undefined ? '' : `, now ${versionsOf(given)}`
    print(`  ${region} held ${versionsOf(holds)}${made}`)
  }
}

function versionsOf(versions: readonly { readonly version: string; readonly region: string; readonly item: unknown }[]): string {
  if (versions.length === 0) return 'nothing'
  return versions.map(({ version, region, item }) => `${item === null ? 'a deletion' : 'a write'} of ${region} (${version})`).join(' and ')
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
