/**
 * A cart, filled from two devices whose requests reach two Regions.
 *
 * The bug: the cart is one item with a list; each device reads it, adds a line and puts it back. Last writer wins takes whole items, so one line is lost,
 * though both devices were told that theirs was saved. A condition on a version number does not help: each Region judges it on its own copy.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'
import type { Scenario } from 'everywrite/testkit'
import { explore } from 'everywrite/testkit'
import { expect, it } from 'vitest'
import { documents, east, table, west } from './table.ts'

const [TableName, pk] = ['carts', 'cart#ann'] as const
const saved = new Set<string>()
const devices = [
  { name: 'phone', region: east, product: 'tea' },
  { name: 'laptop', region: west, product: 'milk' },
]

function cart(
  add: (client: DynamoDBDocumentClient, product: string) => Promise<void>,
  read: (client: DynamoDBDocumentClient) => Promise<string[]>,
) {
  const scenario: Scenario = {
    tables: [table(TableName)],
    arrange: async () => saved.clear(),
    actors: devices.map(({ name, region, product }) => ({
      name,
      region,
      async run(client: DynamoDBClient) {
        await add(DynamoDBDocumentClient.from(client), product)
        saved.add(product)
      },
    })),
    async invariant(world) {
      expect(await read(documents(world))).toEqual(expect.arrayContaining([...saved]))
    },
  }
  return scenario
}

const oneItem = cart(
  async (client, product) => {
    const { Item } = await client.send(new GetCommand({ TableName, Key: { pk, sk: 'cart' } }))
    const lines = [...((Item?.['lines'] as string[] | undefined) ?? []), product]
    await client.send(new PutCommand({ TableName, Item: { pk, sk: 'cart', lines } }))
  },
  async (client) => {
    const { Item } = await client.send(new GetCommand({ TableName, Key: { pk, sk: 'cart' } }))
    return Item?.['lines'] as string[]
  },
)

const itemPerLine = cart(
  async (client, product) => {
    await client.send(new PutCommand({ TableName, Item: { pk, sk: `line#${product}` } }))
  },
  async (client) => {
    const { Items = [] } = await client.send(
      new QueryCommand({ TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': pk } }),
    )
    return Items.map(({ sk }) => String(sk).slice('line#'.length))
  },
)

it('a cart in one item loses a line', async () => {
  const { shortest } = await explore(oneItem, { runs: 20 })
  expect(shortest?.story.join('\n')).toMatch(/phone in us-east-1: GetItem [\s\S]*in us-\w+-\d: PutItem /)
})

it('a cart with an item for each line loses none', async () => {
  const found = await explore(itemPerLine, { runs: 40 })
  found.assertHolds()
})
