import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { startProgram } from '../program.ts'

/** Python's SDK, as scripts in its own language: each talks to a server of its own, and ends with code 0 when all was as it must be. */
const folder = new URL('./python/', import.meta.url).pathname
const run = promisify(execFile)

/** Debian installs for its own interpreter, which need not be the first on the path. */
const python = ['/usr/bin/python3', 'python3'].find(
  (command) => spawnSync(command, ['-c', 'import boto3'], { stdio: 'ignore' }).status === 0,
)

const scripts = [
  ['tables.py', 'makes, describes, changes, tags, lists and removes tables, with waiters, paginators and resources'],
  ['items.py', 'writes and reads items of every type, with conditions, batch writers and batches of keys'],
  ['queries.py', 'queries and scans with Key and Attr, by index, page and segment'],
  ['transactions.py', 'writes and reads in transactions, and tells why one was cancelled'],
  ['partiql.py', 'runs statements, pages, batches and transactions of PartiQL'],
  ['streams.py', 'reads streams from their beginning, their end and a sequence number'],
  ['backups.py', 'backs tables up, lists backups in pages, and restores them and a moment'],
  ['errors.py', 'gets errors of the names and texts that DynamoDB gives, and tries again what was throttled'],
] as const

/** In signatures.py by name. */
const credentials = {
  AKIDFULL: { secretAccessKey: 'full secret/+' },
  AKIDTEMP: { secretAccessKey: 'temporary secret', sessionToken: 'token/with+signs==' },
  AKIDREAD: { secretAccessKey: 'reader secret', regions: ['eu-west-1'], actions: ['GetItem', 'Query'] },
}

describe.skipIf(python === undefined)('boto3', { timeout: 120_000 }, () => {
  test.each(scripts)('%s: %s', async (script) => {
    expect(await runScript(script, ['--memory'])).toEqual('')
  })

  test('signatures.py: signs in the header and the query string, with every reason for which a signature is refused', async () => {
    const own = await mkdtemp(join(tmpdir(), 'everywrite-boto3-'))
    const file = join(own, 'credentials.json')
    try {
      await writeFile(file, JSON.stringify(credentials))
      expect(await runScript('signatures.py', ['--memory', '--credentials', file])).toEqual('')
    } finally {
      await rm(own, { recursive: true, force: true })
    }
  })
})

/** @returns what it said, which is nothing unless something was wrong */
async function runScript(script: string, args: readonly string[]): Promise<string> {
  const program = await startProgram(args)
  const env = { ...process.env, ENDPOINT: program.url, AWS_EC2_METADATA_DISABLED: 'true', PYTHONDONTWRITEBYTECODE: '1' }
  try {
    const { stdout, stderr } = await run(python ?? '', ['-W', 'ignore', join(folder, script)], { env })
    return stdout + stderr
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    await program.stop()
  }
}
