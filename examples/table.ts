import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { TestWorld } from 'everywrite/testkit'

/** The examples' tables have a partition key `pk` and a sort key `sk`. */
export function table(TableName: string): CreateTableCommandInput {
  return {
    TableName,
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  }
}

/** Some Region's documents: after an exploration all hold the same. */
export function documents(world: TestWorld): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(world.client())
}

export const [east, west] = ['us-east-1', 'us-west-2'] as const
