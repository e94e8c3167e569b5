import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { clientIn, makeGlobalTable } from './global-table.ts'
import type { Program } from './program.ts'
import { mainFile, startProgram } from './program.ts'

let disk = ''
let mounted = false
let program: Program | undefined
beforeEach(async () => {
  disk = await mkdtemp(join(tmpdir(), 'everywrite-full-'))
  mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]).status === 0
})
afterEach(async () => {
  await program?.stop()
  if (mounted) execFileSync('umount', ['--lazy', disk])
  await rm(disk, { recursive: true, force: true })
})

test('a full disk ends the server with one clear sentence, and what it acknowledged is there when there is room again', async ({
  skip,
}) => {
  skip(!mounted, 'needs root on Linux, to mount a small disk')
  const server = spawn(process.execPath, [mainFile, 'start', '--port', '0', '--data', disk], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stderr = ''
  server.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const closed = once(server, 'close')
  const url = await firstUrl(server.stdout)
  await makeGlobalTable(url, 'users', ['us-east-1'])

  const client = clientIn('us-east-1', url)
  const acknowledged: string[] = []
  const writers = Array.from({ length: 8 }, (_, writer) => fill(client, `w${writer}`, acknowledged))
  expect(await closed).toEqual([1, null])
  await Promise.all(writers)
  client.destroy()
  // LMDB itself says something before.
  const ours = stderr.split('\n').filter((line) => line.startsWith('everywrite: '))
  expect(ours).toEqual([expect.stringMatching(/the disk is full.*\.$/)])
  expect(ours[0]).toContain(disk)

  execFileSync('mount', ['-o', 'remount,size=64m', disk])
  program = await startProgram(['--data', disk])
  const again = clientIn('us-east-1', program.url)
  expect(acknowledged.length).toBeGreaterThan(10)
  for (const id of acknowledged) {
    const { Item } = await again.send(new GetItemCommand({ TableName: 'users', Key: { id: { S: id } } }))
    expect(Item?.['id']).toEqual({ S: id })
  }
  again.destroy()
})

/** Writes until the first failure, whatever it is: an error of the server, or the end of the connection. */
async function fill(client: DynamoDBClient, writer: string, acknowledged: string[]): Promise<void> {
  for (let n = 0; ; n++) {
    const id = `${writer}-${n}`
    const put = new PutItemCommand({ TableName: 'users', Item: { id: { S: id }, filler: { S: 'x'.repeat(20_000) } } })
    const failed = await client.send(put).then(
      () => false,
      (error: unknown) => error instanceof Error,
    )
    if (failed) return
    acknowledged.push(id)
  }
}

async function firstUrl(stdout: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stdout })) {
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(line)
    if (found !== null) return found[0]
  }
  throw new Error('it ended before it served')
}
