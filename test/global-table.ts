import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb'
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { expect } from 'vitest'

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'

/** A client that tries once: what fails is seen. */
export function clientIn(region: string, endpoint: string): DynamoDBClient {
  return new DynamoDBClient({ region, endpoint, maxAttempts: 1, credentials: { accessKeyId: 'any', secretAccessKey: 'any' } })
}

/** A table whose key is `id`, with a replica in each Region. */
export async function makeGlobalTable(
  endpoint: string,
  table: string,
  [first, ...others]: readonly [string, ...string[]],
  more: Partial<CreateTableCommandInput> = {},
): Promise<void> {
  const client = clientIn(first, endpoint)
  try {
    await client.send(
      new CreateTableCommand({
        TableName: table,
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
        ...more,
      }),
    )
    for (const region of others) {
      await client.send(new UpdateTableCommand({ TableName: table, ReplicaUpdates: [{ Create: { RegionName: region } }] }))
      await expect.poll(() => replicaStatus(client, table, region), { timeout: 20_000 }).toBe('ACTIVE')
    }
  } finally {
    client.destroy()
  }
}

async function replicaStatus(client: DynamoDBClient, table: string, region: string): Promise<string | undefined> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table }))
  return Table?.Replicas?.find((replica) => replica.RegionName === region)?.ReplicaStatus
}
