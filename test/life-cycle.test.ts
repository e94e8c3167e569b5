import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  ListTagsOfResourceCommand,
  PutItemCommand,
  UpdateTableCommand,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb'
import { afterEach, expect, test } from 'vitest'
import type { Program } from './program.ts'
import { startProgram } from './program.ts'

const TableName = 'slow'
const waiting = { minDelay: 0.05, maxDelay: 0.1, maxWaitTime: 20 }
let program: Program | undefined
let folder: string | undefined

afterEach(async () => {
  await program?.stop()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

function clientOf({ url }: Program): DynamoDBClient {
  return new DynamoDBClient({ endpoint: url, region: 'us-east-1', maxAttempts: 1, credentials: { accessKeyId: 'a', secretAccessKey: 's' } })
}

test(
  'with --lifecycle-delay tables take their time, over restarts too, and clients that wait as for DynamoDB get on',
  { timeout: 60_000 },
  async () => {
    folder = await mkdtemp(join(tmpdir(), 'everywrite-'))
    const args = ['--data', folder, '--regions', 'us-east-1', '--lifecycle-delay', '1500']
    program = await startProgram(args)
    let client = clientOf(program)
    const status = async () => (await client.send(new DescribeTableCommand({ TableName }))).Table?.TableStatus
    const put = () => client.send(new PutItemCommand({ TableName, Item: { pk: { S: 'a' } } }))
    const { TableDescription } = await client.send(
      new CreateTableCommand({
        TableName,
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    )
    expect(await status()).toBe('CREATING')
    await expect(put()).rejects.toMatchObject({ name: 'ResourceNotFoundException', message: 'Requested resource not found' })
    await expect(client.send(new DeleteTableCommand({ TableName }))).rejects.toMatchObject({ name: 'ResourceInUseException' })
    await expect(client.send(new DescribeTimeToLiveCommand({ TableName }))).rejects.toThrow('while table is in CREATING state')
    const tags = new ListTagsOfResourceCommand({ ResourceArn: TableDescription?.TableArn })
    await expect(client.send(tags)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    await waitUntilTableExists({ client, ...waiting }, { TableName })
    await put()
    const toUpdate = new UpdateTableCommand({ TableName, StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' } })
    expect((await client.send(toUpdate)).TableDescription?.TableStatus).toBe('UPDATING')
    expect(await status()).toBe('UPDATING')
    await put()
    await waitUntilTableExists({ client, ...waiting }, { TableName })
    await client.send(new DeleteTableCommand({ TableName }))
    expect(await status()).toBe('DELETING')
    client.destroy()
    await program.stop()
    program = await startProgram(args)
    client = clientOf(program)
    await waitUntilTableNotExists({ client, ...waiting }, { TableName })
    client.destroy()
  },
)
