import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { CreateTableCommand } from '@aws-sdk/client-dynamodb'
import { Entity } from 'dynamodb-toolbox/entity'
import { BatchGetRequest } from 'dynamodb-toolbox/entity/actions/batchGet'
import { BatchPutRequest } from 'dynamodb-toolbox/entity/actions/batchPut'
import { DeleteItemCommand } from 'dynamodb-toolbox/entity/actions/delete'
import { GetItemCommand } from 'dynamodb-toolbox/entity/actions/get'
import { PutItemCommand } from 'dynamodb-toolbox/entity/actions/put'
import { execute as executeGet, GetTransaction } from 'dynamodb-toolbox/entity/actions/transactGet'
import { PutTransaction } from 'dynamodb-toolbox/entity/actions/transactPut'
import { $add, UpdateItemCommand } from 'dynamodb-toolbox/entity/actions/update'
import { execute } from 'dynamodb-toolbox/entity/actions/transactWrite'
import { item } from 'dynamodb-toolbox/schema/item'
import { number } from 'dynamodb-toolbox/schema/number'
import { string } from 'dynamodb-toolbox/schema/string'
import { Table } from 'dynamodb-toolbox/table'
import { BatchGetCommand, execute as executeBatchGet } from 'dynamodb-toolbox/table/actions/batchGet'
import { BatchWriteCommand, execute as executeBatchWrite } from 'dynamodb-toolbox/table/actions/batchWrite'
import { QueryCommand } from 'dynamodb-toolbox/table/actions/query'
import { ScanCommand } from 'dynamodb-toolbox/table/actions/scan'
import { expect, test } from 'vitest'
import { withClient } from './client.ts'

test('DynamoDB-Toolbox: items are put, updated, queried by index and page, scanned, batched, and written and read in transactions', async () => {
  await withClient(async (client) => {
    await client.send(
      new CreateTableCommand({
        TableName: 'toolbox',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['owner', 'name', 'kind'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
        KeySchema: [
          { AttributeName: 'owner', KeyType: 'HASH' },
          { AttributeName: 'name', KeyType: 'RANGE' },
        ],
        LocalSecondaryIndexes: [
          {
            IndexName: 'byKind',
            KeySchema: [
              { AttributeName: 'owner', KeyType: 'HASH' },
              { AttributeName: 'kind', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'ALL' },
          },
        ],
      }),
    )
    const table = new Table({
      documentClient: DynamoDBDocumentClient.from(client),
      name: 'toolbox',
      partitionKey: { name: 'owner', type: 'string' },
      sortKey: { name: 'name', type: 'string' },
      indexes: { byKind: { type: 'local', sortKey: { name: 'kind', type: 'string' } } },
    })
    const pet = new Entity({
      name: 'Pet',
      table,
      schema: item({ owner: string().key(), name: string().key(), kind: string(), age: number().default(0) }),
    })
    for (const [name, kind] of [
      ['tom', 'cat'],
      ['rex', 'dog'],
      ['kit', 'cat'],
    ] as const) {
      await pet.build(PutItemCommand).item({ owner: 'ann', name, kind }).send()
    }
    await pet
      .build(UpdateItemCommand)
      .item({ owner: 'ann', name: 'tom', age: $add(3) })
      .send()
    const { Item } = await pet.build(GetItemCommand).key({ owner: 'ann', name: 'tom' }).options({ consistent: true }).send()
    expect(Item).toMatchObject({ name: 'tom', age: 3 })

    const cats = table
      .build(QueryCommand)
      .query({ index: 'byKind', partition: 'ann', range: { eq: 'cat' } })
      .entities(pet)
    const first = await cats.options({ limit: 1 }).send()
    const { LastEvaluatedKey: exclusiveStartKey } = first
    if (exclusiveStartKey === undefined) throw new Error('there is another page')
    const second = await cats.options({ exclusiveStartKey }).send()
    expect([...(first.Items ?? []), ...(second.Items ?? [])].map(({ name }) => name).sort()).toEqual(['kit', 'tom'])

    const absent = { condition: { attr: 'name', exists: false } } as const
    await execute(pet.build(PutTransaction).item({ owner: 'bob', name: 'ace', kind: 'dog' }).options(absent))
    await expect(execute(pet.build(PutTransaction).item({ owner: 'bob', name: 'ace', kind: 'dog' }).options(absent))).rejects.toThrow(
      'Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed]',
    )
    const both = [
      { owner: 'ann', name: 'rex' },
      { owner: 'bob', name: 'ace' },
    ] as const
    const { Responses } = await executeGet(...both.map((key) => pet.build(GetTransaction).key(key)))
    expect(Responses?.map(({ Item: read }) => read?.name)).toEqual(['rex', 'ace'])

    const puts = ['eve', 'eva'].map((name) => pet.build(BatchPutRequest).item({ owner: 'carl', name, kind: 'hen' }))
    await executeBatchWrite(table.build(BatchWriteCommand).requests(...puts))
    const gets = ['eve', 'none'].map((name) => pet.build(BatchGetRequest).key({ owner: 'carl', name }))
    const batch = await executeBatchGet(table.build(BatchGetCommand).requests(...gets))
    expect(batch.Responses?.[0]?.map((read) => read?.name)).toEqual(['eve', undefined])
    const hens = await table
      .build(ScanCommand)
      .entities(pet)
      .options({ filters: { Pet: { attr: 'kind', eq: 'hen' } } })
      .send()
    expect(hens.Items?.map(({ name }) => name).sort()).toEqual(['eva', 'eve'])

    await pet.build(DeleteItemCommand).key({ owner: 'bob', name: 'ace' }).send()
    expect((await pet.build(GetItemCommand).key({ owner: 'bob', name: 'ace' }).send()).Item).toBeUndefined()
  })
})
