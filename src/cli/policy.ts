import { readFile } from 'node:fs/promises'
import type { FunctionReply, FunctionsReply, PolicyReply } from '../admin/wire.ts'
import { AdminClient } from './admin-client.ts'
import type { Arguments, Command } from './command.ts'
import { assertPositionals, textOf, UsageError } from './command.ts'
import { print, printJson } from './output.ts'

const help = `everywrite policy [TABLE] [POLICY]: by which rule a table's conflicts are decided

  everywrite policy users                          shows it, and whether every Region follows it
  everywrite policy users merge                    sets it; last-writer-wins, version-check, merge, home-region:…, custom:…
  everywrite policy users --function cart.js       registers the JavaScript function in this file, and has it decide
  everywrite policy --function cart.js             only registers it, and prints the policy that names it, for a tag
  everywrite policy --functions                    lists what is registered
  everywrite policy --remove custom:…              forgets a function that no table names

  --function FILE  a file that is one function expression: (versions) => item
  --endpoint URL   default http://127.0.0.1:8000
  --json           as JSON`

export const policy: Command = {
  help,
  options: { function: { type: 'string' }, functions: { type: 'boolean' }, remove: { type: 'string' } },
  async run(args) {
    assertPositionals(args, 2)
    const [table, text] = args.positionals
    const source = await sourceOf(args)
    if (text !== undefined && source !== undefined) throw new UsageError('Either POLICY or --function')
    const client = AdminClient.of(args)
    const removed = textOf(args, 'remove')
    if (removed !== undefined || args.values['functions'] === true) {
      if (table !== undefined || source !== undefined) throw new UsageError('--functions and --remove stand alone')
      const path = removed === undefined ? 'functions' : `functions/${encodeURIComponent(removed)}`
      const { policies } = removed === undefined ? await client.get<FunctionsReply>(path) : await client.delete<FunctionsReply>(path)
      if (args.values['json'] === true) printJson({ policies })
      else if (removed !== undefined) print(`${removed}: forgotten.`)
      else for (const each of policies) print(each)
      return 0
    }
    if (table === undefined) {
      if (source === undefined) throw new UsageError('A TABLE, or --function FILE')
      const registered = await client.post<FunctionReply>('functions', { source })
      if (args.values['json'] === true) printJson(registered)
      else print(registered.policy)
      return 0
    }
    const path = `tables/${encodeURIComponent(table)}/policy`
    const change = source === undefined ? (text === undefined ? undefined : { policy: text }) : { source }
    const reply = change === undefined ? await client.get<PolicyReply>(path) : await client.put<PolicyReply>(path, change)
    if (args.values['json'] === true) printJson(reply)
    else printPolicy(reply)
    return 0
  },
}

function printPolicy({ policy: text, followed, regions }: PolicyReply): void {
  print(text)
  if (followed) return
  for (const [region, follows] of Object.entries(regions)) if (follows !== text) print(`  ${region} still shows what ${follows} says`)
}

async function sourceOf(args: Arguments): Promise<string | undefined> {
  const file = textOf(args, 'function')
  if (file === undefined) return undefined
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
