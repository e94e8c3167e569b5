import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DynamoDBClient, ImportTableDescription } from '@aws-sdk/client-dynamodb'
import {
  DescribeExportCommand,
  DescribeImportCommand,
  ExportTableToPointInTimeCommand,
  ImportTableCommand,
  paginateScan,
  UpdateContinuousBackupsCommand,
} from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { clientIn } from './global-table.ts'
import type { Program } from './program.ts'
import { startProgram } from './program.ts'

/** The real process, killed while it imports, and again while it exports. */
const items = 20_000
const patience = { timeout: 60_000, interval: 50 }

let folder = ''
let program: Program | undefined
let client: DynamoDBClient | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everywrite-transfer-'))
})
afterEach(async () => {
  client?.destroy()
  await program?.stop()
  await rm(folder, { recursive: true, force: true })
})

test('an import and an export that a kill interrupts are complete in the end', { timeout: 180_000 }, async () => {
  const bucket = join(folder, 's3', 'bucket')
  await mkdir(bucket, { recursive: true })
  const lines = Array.from({ length: items }, (_, at) => `{"Item":{"pk":{"S":"k${at}"},"at":{"N":"${at}"}}}\n`)
  await writeFile(join(bucket, 'in.json'), lines.join(''))
  let dynamodb = await start()
  const { ImportTableDescription: begun } = await dynamodb.send(
    new ImportTableCommand({
      S3BucketSource: { S3Bucket: 'bucket', S3KeyPrefix: 'in.json' },
      InputFormat: 'DYNAMODB_JSON',
      TableCreationParameters: {
        TableName: 'imported',
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      },
    }),
  )
  const described = async (): Promise<ImportTableDescription | undefined> =>
    (await dynamodb.send(new DescribeImportCommand({ ImportArn: begun?.ImportArn }))).ImportTableDescription
  await expect.poll(async () => (await described())?.ProcessedItemCount, patience).toBeGreaterThan(0)
  await kill()
  dynamodb = await start()
  expect(await described()).toMatchObject({ ImportStatus: 'IN_PROGRESS', TableId: begun?.TableId })
  await expect.poll(async () => (await described())?.ImportStatus, patience).toBe('COMPLETED')
  expect(await described()).toMatchObject({ ProcessedItemCount: items, ImportedItemCount: items, ErrorCount: 0 })
  expect(await count(dynamodb)).toBe(items)

  const on = { PointInTimeRecoveryEnabled: true }
  await dynamodb.send(new UpdateContinuousBackupsCommand({ TableName: 'imported', PointInTimeRecoverySpecification: on }))
  const { ExportDescription } = await dynamodb.send(
    new ExportTableToPointInTimeCommand({ TableArn: begun?.TableArn, S3Bucket: 'bucket', ExportFormat: 'ION' }),
  )
  await kill()
  dynamodb = await start()
  const exported = async () =>
    (await dynamodb.send(new DescribeExportCommand({ ExportArn: ExportDescription?.ExportArn }))).ExportDescription
  await expect.poll(async () => (await exported())?.ExportStatus, patience).toBe('COMPLETED')
  expect(await exported()).toMatchObject({ ItemCount: items })
})

async function start(): Promise<DynamoDBClient> {
  client?.destroy()
  program = await startProgram(['--data', folder])
  client = clientIn('us-east-1', program.url)
  return client
}

async function kill(): Promise<void> {
  const killed = program?.process
  if (killed === undefined) return
  killed.kill('SIGKILL')
  await once(killed, 'exit')
}

async function count(dynamodb: DynamoDBClient): Promise<number> {
  let found = 0
  for await (const { Count = 0 } of paginateScan({ client: dynamodb }, { TableName: 'imported', Select: 'COUNT' })) found += Count
  return found
}
