/**
 * A leaderboard: a player's best score, reported by game servers in two Regions.
 *
 * The bug: "set the score if it is higher" is judged on the Region's own copy. Two Regions accept a score each, and the later write wins, which need not be
 * the higher score.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { Scenario } from 'everywrite/testkit'
import { explore } from 'everywrite/testkit'
import { expect, it } from 'vitest'
import { documents, east, table, west } from './table.ts'

const [TableName, pk] = ['scores', 'player#ann'] as const
const saved: number[] = []

/** @param keyOf the item that a Region's servers write */
function leaderboard(keyOf: (region: string) => string): Scenario {
  const report = (region: string, scores: readonly number[]) => async (client: DynamoDBClient) => {
    for (const score of scores) {
      try {
        await DynamoDBDocumentClient.from(client).send(
          new UpdateCommand({
            TableName,
            Key: { pk, sk: keyOf(region) },
            UpdateExpression: 'SET best = :score',
            ConditionExpression: 'attribute_not_exists(best) OR best < :score',
            ExpressionAttributeValues: { ':score': score },
          }),
        )
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error
      }
      saved.push(score)
    }
  }
  return {
    tables: [table(TableName)],
    arrange: async () => void (saved.length = 0),
    actors: [
      { name: 'server 1', region: east, run: report(east, [120, 80]) },
      { name: 'server 2', region: west, run: report(west, [70, 90]) },
    ],
    async invariant(world) {
      const { Items = [] } = await documents(world).send(
        new QueryCommand({ TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': pk } }),
      )
      expect(Math.max(-Infinity, ...Items.map(({ best }) => Number(best)))).toBe(Math.max(-Infinity, ...saved))
    },
  }
}

it('one item for a player may end with a lower score', async () => {
  const { shortest } = await explore(
    leaderboard(() => 'best'),
    { runs: 40 },
  )
  expect(shortest?.story.at(-1)).toMatch(/lost in scores: us-east-1's .*120/)
})

it('an item for each player and Region, the highest read, does not', async () => {
  const found = await explore(
    leaderboard((region) => `best#${region}`),
    { runs: 40 },
  )
  found.assertHolds()
})
