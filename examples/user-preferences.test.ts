/**
 * A user's preferences, changed in two Regions: the e-mail address by the user, the language by a colleague of the help desk.
 *
 * The bug: both are attributes of one item. Each update changes one attribute only, but replication carries the whole item and last writer wins keeps a
 * whole item, so one of the two changes disappears.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { Scenario } from 'everywrite/testkit'
import { explore } from 'everywrite/testkit'
import { expect, it } from 'vitest'
import { documents, east, table, west } from './table.ts'

const [TableName, pk] = ['preferences', 'user#ann'] as const
type Preference = 'email' | 'language'
const saved = new Map<Preference, string>()

function preferences(
  write: (client: DynamoDBDocumentClient, name: Preference, value: string) => Promise<unknown>,
  keyOf: (name: Preference) => string,
) {
  const change = (name: Preference, value: string) => async (client: DynamoDBClient) => {
    await write(DynamoDBDocumentClient.from(client), name, value)
    saved.set(name, value)
  }
  const scenario: Scenario = {
    tables: [table(TableName)],
    async arrange(world) {
      saved.clear()
      await write(documents(world), 'email', 'ann@email.com')
    },
    actors: [
      { name: 'user', region: east, run: change('email', 'new@email.com') },
      { name: 'help desk', region: west, run: change('language', 'fr') },
    ],
    async invariant(world) {
      for (const [name, value] of saved) {
        const { Item } = await documents(world).send(new GetCommand({ TableName, Key: { pk, sk: keyOf(name) } }))
        expect(Item?.[name]).toBe(value)
      }
    },
  }
  return scenario
}

const oneItem = preferences(
  (client, name, value) =>
    client.send(
      new UpdateCommand({
        TableName,
        Key: { pk, sk: 'all' },
        UpdateExpression: 'SET #name = :value',
        ExpressionAttributeNames: { '#name': name },
        ExpressionAttributeValues: { ':value': value },
      }),
    ),
  () => 'all',
)

const itemPerPreference = preferences(
  (client, name, value) => client.send(new PutCommand({ TableName, Item: { pk, sk: name, [name]: value } })),
  (name) => name,
)

it('preferences in one item lose one of two changes', async () => {
  const { shortest } = await explore(oneItem, { runs: 20 })
  expect(shortest?.story.at(-1)).toMatch(/lost in preferences: /)
})

it('preferences in an item each lose none', async () => {
  const found = await explore(itemPerPreference, { runs: 40 })
  found.assertHolds()
})
