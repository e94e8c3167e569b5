import type { CreateTableCommandInput, DynamoDBClient, ScalarAttributeType } from '@aws-sdk/client-dynamodb'
import { CreateTableCommand } from '@aws-sdk/client-dynamodb'
import { afterAll } from 'vitest'
import type { TestWorld, TestWorldOptions } from './test-world.contract.ts'
import { startTestWorld } from './test-world.contract.ts'

/** How the tests of this room begin: a world for those of one file, and tables in one line. */
export async function useTestWorld(
  options: TestWorldOptions = {},
): Promise<{ readonly world: TestWorld; readonly client: DynamoDBClient }> {
  const world = await startTestWorld(options)
  afterAll(() => world.close())
  return { world, client: world.client() }
}

/** A key as a test writes it: `pk S`, or `pk S, sk N`. */
export type Keys = `${string} ${ScalarAttributeType}` | `${string} ${ScalarAttributeType}, ${string} ${ScalarAttributeType}`

/** @param more with the definitions of attributes beyond the keys */
export function onDemandTable(TableName: string, keys: Keys, more: Partial<CreateTableCommandInput> = {}): CreateTableCommand {
  const attributes = keys.split(', ').map((text) => {
    const [AttributeName = '', AttributeType] = text.split(' ')
    return { AttributeName, AttributeType: AttributeType as ScalarAttributeType }
  })
  return new CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    ...more,
    KeySchema: attributes.map(({ AttributeName }, at) => ({ AttributeName, KeyType: at === 0 ? 'HASH' : 'RANGE' })),
    AttributeDefinitions: [...attributes, ...(more.AttributeDefinitions ?? [])],
  })
}
