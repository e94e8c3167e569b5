import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EnableKinesisStreamingDestinationCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeTable } from './conformance/endpoint.ts'
import { clientIn } from './global-table.ts'
import type { Program } from './program.ts'
import { startProgram } from './program.ts'

/** The real process, killed again and again while it writes the changes of a table to a file. */
const kills = 8
const writers = 8

let folder = ''
let program: Program | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everywrite-kinesis-kill-'))
})
afterEach(async () => {
  await program?.stop()
  await rm(folder, { recursive: true, force: true })
})

interface Told {
  readonly eventID: string
  readonly dynamodb: { readonly NewImage: { readonly pk: { readonly S: string }; readonly n: { readonly N: string } } }
}

async function told(): Promise<readonly Told[]> {
  const text = await readFile(join(folder, 'kinesis', 'us-east-1', 'changes.jsonl'), 'utf8').catch(() => '')
  expect(text === '' || text.endsWith('\n')).toBe(true)
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Told)
}

test(`after ${kills} kills under load every acknowledged write is in the stream’s file, in order for each item, on whole lines`, async () => {
  program = await startProgram(['--data', folder])
  const setUp = clientIn('us-east-1', program.url)
  await makeTable(setUp, 'events', 'pk S')
  const StreamArn = 'arn:aws:kinesis:us-east-1:000000000000:stream/changes'
  await setUp.send(new EnableKinesisStreamingDestinationCommand({ TableName: 'events', StreamArn }))
  setUp.destroy()
  const acknowledged = new Map<string, number[]>()
  const sent = Array.from({ length: writers }, () => 0)
  for (let round = 0; round < kills; round++) {
    await writeUntilKilled(program, sent, acknowledged)
    program = await startProgram(['--data', folder])
  }
  const last = clientIn('us-east-1', program.url)
  await last.send(new PutItemCommand({ TableName: 'events', Item: { pk: { S: 'last' }, n: { N: '0' } } }))
  last.destroy()
  await expect.poll(async () => (await told()).some(({ dynamodb }) => dynamodb.NewImage.pk.S === 'last'), { timeout: 20_000 }).toBe(true)

  const records = await told()
  for (const [pk, numbers] of acknowledged) {
    const seen = new Set<string>()
    const firstTimes = records.filter(({ eventID, dynamodb }) => {
      if (dynamodb.NewImage.pk.S !== pk || seen.has(eventID)) return false
      seen.add(eventID)
      return true
    })
    const inFile = firstTimes.map(({ dynamodb }) => Number(dynamodb.NewImage.n.N))
    expect(inFile).toEqual([...inFile].sort((a, b) => a - b))
    expect(numbers.filter((n) => !inFile.includes(n))).toEqual([])
  }
}, 120_000)

/** Each writer has an item of its own, and writes greater and greater numbers to it. */
async function writeUntilKilled({ url, process: server }: Program, sent: number[], acknowledged: Map<string, number[]>): Promise<void> {
  const client = clientIn('us-east-1', url)
  const exited = once(server, 'exit')
  const enough = 50 + Math.floor(Math.random() * 200)
  let done = 0
  await Promise.all(
    sent.map(async (_, writer) => {
      const pk = `w${writer}`
      for (;;) {
        const n = (sent[writer] ?? 0) + 1
        sent[writer] = n
        try {
          await client.send(new PutItemCommand({ TableName: 'events', Item: { pk: { S: pk }, n: { N: String(n) } } }))
        } catch (error) {
          if (error instanceof Error && 'code' in error && ['ECONNRESET', 'ECONNREFUSED', 'EPIPE'].includes(String(error.code))) return
          throw error
        }
        acknowledged.set(pk, [...(acknowledged.get(pk) ?? []), n])
        if (++done === enough) server.kill('SIGKILL')
      }
    }),
  )
  client.destroy()
  expect(await exited).toEqual([null, 'SIGKILL'])
}
