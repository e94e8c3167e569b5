/** What runs in the page of web-page.test.ts: the SDK, bundled for browsers, in a page of another origin than the server's. */
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocument } from '@aws-sdk/lib-dynamodb'

const { origin, searchParams } = new URL(import.meta.url)
const endpoint = searchParams.get('endpoint') ?? ''
const credentials = { accessKeyId: 'AKIDPAGE', secretAccessKey: 'page' }
const client = new DynamoDBClient({ region: 'eu-west-1', endpoint, credentials, maxAttempts: 1 })
const stranger = new DynamoDBClient({
  region: 'eu-west-1',
  endpoint,
  credentials: { ...credentials, secretAccessKey: 'guessed' },
  maxAttempts: 1,
})

async function use(): Promise<object> {
  const TableName = 'pages'
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  )
  await waitUntilTableExists({ client, minDelay: 1, maxWaitTime: 20 }, { TableName })
  const document = DynamoDBDocument.from(client)
  await document.put({ TableName, Item: { id: 'from a page', text: 'Grüße 🌍', bytes: new Uint8Array([0, 255]) } })
  const { Item, $metadata } = await document.get({ TableName, Key: { id: 'from a page' } })
  const refused = await DynamoDBDocument.from(stranger)
    .get({ TableName, Key: { id: 'from a page' } })
    .catch((error: unknown) => error)
  return {
    origin,
    item: { ...Item, bytes: [...((Item?.['bytes'] as Uint8Array | undefined) ?? [])] },
    requestId: $metadata.requestId,
    refused: refused instanceof Error ? refused.name : refused,
  }
}

const told = await use().catch((error: unknown) => ({ failed: String(error) }))
await fetch('/told', { method: 'POST', body: JSON.stringify(told) })
