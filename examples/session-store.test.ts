/**
 * A session store: a user logs out in one Region while a request in another Region notes when the session was last used.
 *
 * The bug: the note is an update of the session's item. Where the logout is not known yet it makes the item anew, and as the later write it wins: the
 * session that was ended lives again.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { Scenario } from 'everywrite/testkit'
import { explore } from 'everywrite/testkit'
import { expect, it } from 'vitest'
import { documents, east, table, west } from './table.ts'

const [TableName, pk] = ['sessions', 'session#1'] as const
let ended = false

interface Model {
  readonly logOut: (client: DynamoDBDocumentClient) => Promise<unknown>
  readonly isValid: (client: DynamoDBDocumentClient) => Promise<boolean>
}

function sessions({ logOut, isValid }: Model): Scenario {
  return {
    tables: [table(TableName)],
    async arrange(world) {
      ended = false
      await documents(world).send(new PutCommand({ TableName, Item: { pk, sk: 'session', user: 'ann' } }))
    },
    actors: [
      {
        name: 'ann',
        region: east,
        async run(client: DynamoDBClient) {
          await logOut(DynamoDBDocumentClient.from(client))
          ended = true
        },
      },
      {
        name: 'her other tab',
        region: west,
        async run(client: DynamoDBClient) {
          const own = DynamoDBDocumentClient.from(client)
          if (!(await isValid(own))) return
          const Key = { pk, sk: 'session' }
          await own.send(
            new UpdateCommand({ TableName, Key, UpdateExpression: 'SET used = :now', ExpressionAttributeValues: { ':now': 1 } }),
          )
        },
      },
    ],
    async invariant(world) {
      if (ended) expect(await isValid(documents(world))).toBe(false)
    },
  }
}

const deleted = sessions({
  logOut: (client) => client.send(new DeleteCommand({ TableName, Key: { pk, sk: 'session' } })),
  async isValid(client) {
    return (await client.send(new GetCommand({ TableName, Key: { pk, sk: 'session' } }))).Item !== undefined
  },
})

/** That a session has ended is an item of its own, which nobody writes but the logout; time to live takes both away. */
const revoked = sessions({
  logOut: (client) => client.send(new PutCommand({ TableName, Item: { pk, sk: 'revoked' } })),
  async isValid(client) {
    return (await client.send(new GetCommand({ TableName, Key: { pk, sk: 'revoked' } }))).Item === undefined
  },
})

it('a session that is deleted may live again', async () => {
  const { shortest } = await explore(deleted, { runs: 40 })
  expect(shortest?.story.join('\n')).toMatch(/ann in us-east-1: DeleteItem [\s\S]*her other tab in us-west-2: UpdateItem /)
})

it('a session that is revoked stays so', async () => {
  const found = await explore(revoked, { runs: 40 })
  found.assertHolds()
})
