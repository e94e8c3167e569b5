import { setTimeout as sleep } from 'node:timers/promises'
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'

/** The application of the demo: profiles of users in a global table, through the SDK, as any application would. */
export interface DemoUsers {
  setEmail(region: string, user: string, email: string): Promise<void>
  email(region: string, user: string): Promise<string | undefined>
  /** Waits until the Region shows this address. */
  untilShown(region: string, user: string, email: string): Promise<void>
  close(): void
}

/** Makes the table in the first Region, and a replica in each of the others. */
export async function createDemoUsers(endpoint: string, table: string, regions: readonly [string, ...string[]]): Promise<DemoUsers> {
  // The SDK would print a notice on Node 20 in the middle of the story.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
  const clientByRegion = new Map(regions.map((region) => [region, clientIn(region, endpoint)]))
  const client = (region: string): DynamoDBClient => {
    const found = clientByRegion.get(region)
    if (found === undefined) throw new RangeError(`no client in ${region}`)
    return found
  }
  await makeTable(client(regions[0]), table, regions.slice(1))

  const email = async (region: string, user: string): Promise<string | undefined> => {
    const { Item } = await client(region).send(new GetItemCommand({ TableName: table, Key: { id: { S: user } } }))
    return Item?.['email']?.S
  }
  return {
    email,
    async setEmail(region, user, address) {
      const command = new UpdateItemCommand({
        TableName: table,
        Key: { id: { S: user } },
        UpdateExpression: 'SET email = :email',
        ExpressionAttributeValues: { ':email': { S: address } },
      })
      await client(region).send(command)
    },
    async untilShown(region, user, address) {
      await until(`${region} shows ${address}`, async () => (await email(region, user)) === address)
    },
    close() {
      for (const each of clientByRegion.values()) each.destroy()
    },
  }
}

function clientIn(region: string, endpoint: string): DynamoDBClient {
  return new DynamoDBClient({ region, endpoint, credentials: { accessKeyId: 'demo', secretAccessKey: 'demo' } })
}

async function makeTable(client: DynamoDBClient, table: string, others: readonly string[]): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: table,
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  )
  for (const RegionName of others) {
    await client.send(new UpdateTableCommand({ TableName: table, ReplicaUpdates: [{ Create: { RegionName } }] }))
    await until(`the replica in ${RegionName} is active`, async () => {
      const { Table } = await client.send(new DescribeTableCommand({ TableName: table }))
      return Table?.Replicas?.some((replica) => replica.RegionName === RegionName && replica.ReplicaStatus === 'ACTIVE') === true
    })
  }
}

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + waitMsMax
  while (!(await check())) {
    if (performance.now() > deadlineMs) throw new Error(`waited ${waitMsMax} ms in vain until ${what}`)
    await sleep(pauseMs)
  }
}

const waitMsMax = 10_000
const pauseMs = 20
