/**
 * The state of a device: an application says in one Region what it should be (`desired`), and the device tells in another what it is (`reported`).
 *
 * The bug: both are in one item, as two maps. The two writers never touch each other's map, but last writer wins keeps a whole item: the command that was
 * accepted never reaches the device.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { Scenario } from 'everywrite/testkit'
import { explore } from 'everywrite/testkit'
import { expect, it } from 'vitest'
import { documents, east, table, west } from './table.ts'

const [TableName, pk] = ['devices', 'lamp#1'] as const
type Part = 'desired' | 'reported'
const accepted = new Map<Part, string>()

/** @param keyOf the item that holds a part */
function device(keyOf: (part: Part) => string): Scenario {
  const say = (part: Part, states: readonly string[]) => async (client: DynamoDBClient) => {
    for (const state of states) {
      await DynamoDBDocumentClient.from(client).send(
        new UpdateCommand({
          TableName,
          Key: { pk, sk: keyOf(part) },
          UpdateExpression: 'SET #part = :state',
          ExpressionAttributeNames: { '#part': part },
          ExpressionAttributeValues: { ':state': state },
        }),
      )
      accepted.set(part, state)
    }
  }
  return {
    tables: [table(TableName)],
    arrange: async () => accepted.clear(),
    actors: [
      { name: 'application', region: east, run: say('desired', ['on']) },
      { name: 'device', region: west, run: say('reported', ['off', 'starting']) },
    ],
    async invariant(world) {
      for (const [part, state] of accepted) {
        const { Item } = await documents(world).send(new GetCommand({ TableName, Key: { pk, sk: keyOf(part) } }))
        expect(Item?.[part]).toBe(state)
      }
    },
  }
}

it('a device in one item loses what was desired', async () => {
  const { shortest } = await explore(
    device(() => 'state'),
    { runs: 40 },
  )
  expect(shortest?.story.at(-1)).toMatch(/lost in devices: /)
})

it('a device with an item for each writer does not', async () => {
  const found = await explore(
    device((part) => part),
    { runs: 40 },
  )
  found.assertHolds()
})
