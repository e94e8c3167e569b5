import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  ExecuteStatementCommand,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  PutResourcePolicyCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { DescribeStreamCommand, DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { assert } from '../base/assert.ts'
import { parseCredentials } from './credentials.ts'
import { hashOf, signIndependently } from './test-signer.contract.ts'
import type { TestWorld } from './test-world.contract.ts'
import { startTestWorld } from './test-world.contract.ts'

const secrets = { ADMIN: 'admin-secret', NOBODY: 'nobody-secret', ABROAD: 'abroad-secret', STRANGER: 'stranger-secret' }
const arn = 'arn:aws:dynamodb:us-east-1:000000000000:table/orders'
const user = (name: keyof typeof secrets): string =>
  `arn:aws:iam::${name === 'ABROAD' || name === 'STRANGER' ? '111122223333' : '000000000000'}:user/${name}`

let world: TestWorld
const clients = new Map<string, DynamoDBClient>()
beforeAll(async () => {
  const credentials = parseCredentials({
    ADMIN: { secretAccessKey: secrets.ADMIN },
    NOBODY: { secretAccessKey: secrets.NOBODY, tables: [] },
    ABROAD: { secretAccessKey: secrets.ABROAD, account: '111122223333' },
    STRANGER: { secretAccessKey: secrets.STRANGER, account: '111122223333', tables: [] },
  })
  assert(!('problem' in credentials), 'the keys can be read')
  world = await startTestWorld({ credentials })
  await as('ADMIN').send(
    new CreateTableCommand({
      TableName: 'orders',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'N' },
        { AttributeName: 'sk', AttributeType: 'S' },
        { AttributeName: 'owner', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        { IndexName: 'by-owner', KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
      ],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    }),
  )
})
afterAll(async () => {
  for (const client of clients.values()) client.destroy()
  await world.close()
})

function as(name: keyof typeof secrets): DynamoDBClient {
  const known = clients.get(name)
  if (known !== undefined) return known
  const credentials = { accessKeyId: name, secretAccessKey: secrets[name] }
  const client = new DynamoDBClient({ endpoint: world.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
  clients.set(name, client)
  return client
}

async function policy(...statements: object[]): Promise<void> {
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map((each) => ({ Resource: arn, Effect: 'Allow', ...each })),
  })
  await as('ADMIN').send(new PutResourcePolicyCommand({ ResourceArn: arn, Policy }))
}

const key = (pk = '1', sk = 'a') => ({ pk: { N: pk }, sk: { S: sk } })
const get = (pk?: string) => new GetItemCommand({ TableName: 'orders', Key: key(pk) })
const put = (more = {}) => new PutItemCommand({ TableName: 'orders', Item: { ...key(), ...more } })

const mayNot = (name: keyof typeof secrets, action: string, why: string, resource = arn) => ({
  name: 'AccessDeniedException',
  message: `User: ${user(name)} is not authorized to perform: dynamodb:${action} on resource: ${resource} ${why}`,
})
const noIdentity = (action: string): string => `because no identity-based policy allows the dynamodb:${action} action`
const noResource = (action: string): string => `because no resource-based policy allows the dynamodb:${action} action`
const denied = 'with an explicit deny in a resource-based policy'

describe('in the table’s account', () => {
  it('an allow in the table’s policy is enough, and covers what it names', async () => {
    await policy({ Principal: { AWS: user('NOBODY') }, Action: ['dynamodb:Get*', 'dynamodb:BatchGetItem'] })
    await as('NOBODY').send(get())
    await expect(as('NOBODY').send(put())).rejects.toMatchObject(mayNot('NOBODY', 'PutItem', noIdentity('PutItem')))
    const query = new QueryCommand({
      TableName: 'orders',
      IndexName: 'by-owner',
      KeyConditionExpression: '#o = :o',
      ExpressionAttributeNames: { '#o': 'owner' },
      ExpressionAttributeValues: { ':o': { S: 'x' } },
    })
    await expect(as('NOBODY').send(query)).rejects.toMatchObject(mayNot('NOBODY', 'Query', noIdentity('Query'), `${arn}/index/by-owner`))
    await policy({ Principal: { AWS: user('NOBODY') }, Action: 'dynamodb:Query', Resource: `${arn}/index/*` })
    await as('NOBODY').send(query)
  })

  it('an allow to the account leaves it to the account', async () => {
    await policy({ Principal: { AWS: '000000000000' }, Action: 'dynamodb:*' })
    await expect(as('NOBODY').send(get())).rejects.toMatchObject(mayNot('NOBODY', 'GetItem', noIdentity('GetItem')))
    await as('ADMIN').send(get())
  })

  it('a deny goes before everything', async () => {
    await policy({ Effect: 'Deny', Principal: '*', Action: 'dynamodb:PutItem' })
    await expect(as('ADMIN').send(put())).rejects.toMatchObject(mayNot('ADMIN', 'PutItem', denied))
    const transaction = new TransactWriteItemsCommand({
      TransactItems: [
        { Update: { TableName: 'orders', Key: key('2'), UpdateExpression: 'SET a = :a', ExpressionAttributeValues: { ':a': { N: '1' } } } },
        { Put: { TableName: 'orders', Item: key() } },
      ],
    })
    await expect(as('ADMIN').send(transaction)).rejects.toMatchObject(mayNot('ADMIN', 'PutItem', denied))
    const insert = new ExecuteStatementCommand({ Statement: `INSERT INTO orders VALUE {'pk': 1, 'sk': 'a'}` })
    await as('ADMIN').send(new UpdateItemCommand({ TableName: 'orders', Key: key() }))
    await policy({ Effect: 'Deny', Principal: '*', Action: 'dynamodb:PartiQL*' })
    await expect(as('ADMIN').send(insert)).rejects.toMatchObject(mayNot('ADMIN', 'PartiQLInsert', denied))
  })

  it('everybody but some can be denied', async () => {
    await policy({
      Effect: 'Deny',
      NotPrincipal: { AWS: [user('ADMIN'), '000000000000'] },
      NotAction: 'dynamodb:GetItem',
    })
    await as('ADMIN').send(put())
  })
})

test('a policy that grows in its shown form is judged all the same', async () => {
  const accounts = Array.from({ length: 1000 }, (_, at) => String(200_000_000_000 + at))
  await policy({ Principal: { AWS: [...accounts, user('NOBODY')] }, Action: 'dynamodb:GetItem' })
  await as('NOBODY').send(get())
})

describe('from another account', () => {
  it('both policies have to allow', async () => {
    await policy({ Principal: { AWS: '111122223333' }, Action: 'dynamodb:GetItem' })
    const get = new GetItemCommand({ TableName: arn, Key: key() })
    const put = new PutItemCommand({ TableName: arn, Item: key() })
    await as('ABROAD').send(get)
    await expect(as('ABROAD').send(put)).rejects.toMatchObject(mayNot('ABROAD', 'PutItem', noResource('PutItem')))
    await expect(as('STRANGER').send(get)).rejects.toMatchObject(mayNot('STRANGER', 'GetItem', noIdentity('GetItem')))
    await policy({ Principal: { AWS: user('STRANGER') }, Action: 'dynamodb:GetItem' })
    await expect(as('STRANGER').send(get)).rejects.toMatchObject(mayNot('STRANGER', 'GetItem', noIdentity('GetItem')))
    await expect(as('ABROAD').send(get)).rejects.toMatchObject(mayNot('ABROAD', 'GetItem', noResource('GetItem')))
    expect((await as('ABROAD').send(new ListTablesCommand())).TableNames).toEqual([])
  })
})

const only = (condition: object, more: object = {}): Promise<void> =>
  policy({ Principal: { AWS: user('NOBODY') }, Action: 'dynamodb:*', Resource: [arn, `${arn}/index/*`], Condition: condition, ...more })

describe('leading keys', () => {
  const leading = { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['1', '2'] } }
  const query = (pk: string) =>
    new QueryCommand({ TableName: 'orders', KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': { N: pk } } })
  const select = (where: string) => new ExecuteStatementCommand({ Statement: `SELECT * FROM orders WHERE ${where}` })

  it('are those of the items, wherever they stand, and numbers in their normal form', async () => {
    await only(leading)
    const nobody = as('NOBODY')
    await nobody.send(get('1'))
    await nobody.send(get('2.0'))
    await nobody.send(query('1'))
    await nobody.send(select('pk = 1'))
    await nobody.send(select('pk IN [1, 2]'))
    await nobody.send(new BatchGetItemCommand({ RequestItems: { orders: { Keys: [key('1'), key('2')] } } }))
    await nobody.send(new BatchWriteItemCommand({ RequestItems: { orders: [{ PutRequest: { Item: key('1') } }] } }))
    const refused = { name: 'AccessDeniedException' }
    await expect(nobody.send(get('3'))).rejects.toMatchObject(refused)
    await expect(nobody.send(query('3'))).rejects.toMatchObject(refused)
    await expect(nobody.send(select('pk = 3'))).rejects.toMatchObject(refused)
    await expect(nobody.send(select('pk IN [1, 3]'))).rejects.toMatchObject(refused)
    await expect(
      nobody.send(new ExecuteStatementCommand({ Statement: `INSERT INTO orders VALUE {'pk': 3, 'sk': 'a'}` })),
    ).rejects.toMatchObject(refused)
    await expect(
      nobody.send(new ExecuteStatementCommand({ Statement: 'SELECT * FROM orders WHERE pk = ?', Parameters: [{ N: '3' }] })),
    ).rejects.toMatchObject(refused)
    await expect(nobody.send(new BatchGetItemCommand({ RequestItems: { orders: { Keys: [key('1'), key('3')] } } }))).rejects.toMatchObject(
      refused,
    )
    const requests = [{ DeleteRequest: { Key: key('3') } }]
    await expect(nobody.send(new BatchWriteItemCommand({ RequestItems: { orders: requests } }))).rejects.toMatchObject(refused)
    const transaction = { TransactItems: [{ Delete: { TableName: 'orders', Key: key('3') } }] }
    await expect(nobody.send(new TransactWriteItemsCommand(transaction))).rejects.toMatchObject(refused)
    const legacy = { pk: { ComparisonOperator: 'EQ' as const, AttributeValueList: [{ N: '3' }] } }
    await expect(nobody.send(new QueryCommand({ TableName: 'orders', KeyConditions: legacy }))).rejects.toMatchObject(refused)
  })

  it('are missing from a scan, which Null can ask for', async () => {
    await only(leading)
    await as('NOBODY').send(new ScanCommand({ TableName: 'orders' }))
    await only({ ...leading, Null: { 'dynamodb:LeadingKeys': 'false' } })
    await expect(as('NOBODY').send(new ScanCommand({ TableName: 'orders' }))).rejects.toMatchObject({ name: 'AccessDeniedException' })
    await as('NOBODY').send(get('1'))
  })

  it('of an index are its own', async () => {
    await only({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': '${aws:username}-*' } })
    const owned = (owner: string) =>
      new QueryCommand({
        TableName: 'orders',
        IndexName: 'by-owner',
        KeyConditionExpression: '#o = :o',
        ExpressionAttributeNames: { '#o': 'owner' },
        ExpressionAttributeValues: { ':o': { S: owner } },
      })
    await as('NOBODY').send(owned('NOBODY-1'))
    await expect(as('NOBODY').send(owned('ADMIN-1'))).rejects.toMatchObject({ name: 'AccessDeniedException' })
  })
})

test('attributes are those that the request names', async () => {
  await only({
    'ForAllValues:StringEquals': { 'dynamodb:Attributes': ['pk', 'sk', 'open'] },
    StringEqualsIfExists: { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES', 'dynamodb:ReturnValues': ['NONE', 'UPDATED_NEW'] },
  })
  const nobody = as('NOBODY')
  const refused = { name: 'AccessDeniedException' }
  await nobody.send(
    new GetItemCommand({ TableName: 'orders', Key: key(), ProjectionExpression: 'pk, #o', ExpressionAttributeNames: { '#o': 'open' } }),
  )
  await nobody.send(put({ open: { S: 'x' } }))
  await expect(nobody.send(get())).rejects.toMatchObject(refused)
  await expect(nobody.send(put({ closed: { S: 'x' } }))).rejects.toMatchObject(refused)
  await expect(nobody.send(new GetItemCommand({ TableName: 'orders', Key: key(), ProjectionExpression: 'closed' }))).rejects.toMatchObject(
    refused,
  )
  const update = { TableName: 'orders', Key: key(), ExpressionAttributeValues: { ':v': { N: '1' } } }
  const setting = (name: string, more = {}) =>
    new UpdateItemCommand({ ...update, UpdateExpression: 'SET #n = :v', ExpressionAttributeNames: { '#n': name }, ...more })
  await nobody.send(setting('open', { ReturnValues: 'UPDATED_NEW' }))
  await expect(nobody.send(setting('open', { ReturnValues: 'ALL_NEW' }))).rejects.toMatchObject(refused)
  await expect(nobody.send(setting('closed'))).rejects.toMatchObject(refused)
  await expect(nobody.send(setting('open', { ConditionExpression: 'attribute_exists(closed)' }))).rejects.toMatchObject(refused)
  await expect(nobody.send(new ExecuteStatementCommand({ Statement: 'SELECT closed FROM orders WHERE pk = 1' }))).rejects.toMatchObject(
    refused,
  )
})

test.each<[string, object, object]>([
  [
    'the caller',
    { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:user/NO*' } },
    { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/*' } },
  ],
  ['the address', { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } }, { NotIpAddress: { 'aws:SourceIp': ['127.0.0.1', '::1'] } }],
  ['the transport', { Bool: { 'aws:SecureTransport': 'false' } }, { Bool: { 'aws:SecureTransport': true } }],
  [
    'the time',
    { DateGreaterThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' }, NumericLessThan: { 'aws:EpochTime': '99999999999' } },
    { DateLessThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } },
  ],
  ['what is missing', { Null: { 'dynamodb:Select': 'false' } }, { Null: { 'dynamodb:ReturnValues': 'false' } }],
  [
    'several things at once',
    { StringEquals: { 'aws:RequestedRegion': ['eu-west-1', 'us-east-1'], 'aws:PrincipalAccount': '000000000000' } },
    { StringEquals: { 'aws:RequestedRegion': ['eu-west-1', 'us-east-1'], 'aws:PrincipalAccount': '111122223333' } },
  ],
  ['names in any case', { StringEqualsIgnoreCase: { 'AWS:username': 'nobody' } }, { StringEquals: { 'aws:username': 'nobody' } }],
  [
    'some of several',
    { 'ForAnyValue:StringEquals': { 'dynamodb:Attributes': 'pk' } },
    { 'ForAnyValue:StringEquals': { 'dynamodb:Attributes': 'x' } },
  ],
])('conditions on %s hold or do not', async (_what, holding, failing) => {
  await only(holding)
  await as('NOBODY').send(get())
  await only(failing)
  await expect(as('NOBODY').send(get())).rejects.toMatchObject({ name: 'AccessDeniedException' })
})

test('a stream’s policy is about the stream', async () => {
  const { Table } = await world.engine('us-east-1').then((engine) => ({ Table: engine.table('orders') }))
  const stream = `${arn}/stream/${Table?.streams[0]?.label}`
  const streams = new DynamoDBStreamsClient({
    endpoint: world.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'NOBODY', secretAccessKey: secrets.NOBODY },
    maxAttempts: 1,
  })
  const describeStream = new DescribeStreamCommand({ StreamArn: stream })
  await expect(streams.send(describeStream)).rejects.toMatchObject({ name: 'AccessDeniedException' })
  const Policy = JSON.stringify({
    Statement: [{ Effect: 'Allow', Principal: { AWS: user('NOBODY') }, Action: 'dynamodb:DescribeStream', Resource: `${arn}/stream/*` }],
  })
  await as('ADMIN').send(new PutResourcePolicyCommand({ ResourceArn: stream, Policy }))
  await streams.send(describeStream)
  streams.destroy()
})

test('a request that cannot be read is refused for that, and a key that may do nothing wakes no Region', async () => {
  await only({ 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': '1' } })
  const body = JSON.stringify({ TableName: 'orders', Key: 'x', ProjectionExpression: 5 })
  for (const [region, name] of [
    ['us-east-1', 'SerializationException'],
    ['ap-south-1', 'AccessDeniedException'],
  ] as const) {
    const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
    const headers: [string, string][] = [
      ['host', `127.0.0.1:${world.port}`],
      ['x-amz-date', date],
      ['x-amz-target', 'DynamoDB_20120810.GetItem'],
    ]
    const { authorization } = signIndependently({
      method: 'POST',
      path: '/',
      headers,
      payloadHash: hashOf(body),
      accessKeyId: 'NOBODY',
      secretAccessKey: secrets.NOBODY,
      date,
      region,
      service: 'dynamodb',
    })
    const answer = await fetch(world.endpoint, {
      method: 'POST',
      headers: { ...Object.fromEntries(headers.slice(1)), 'content-type': 'application/x-amz-json-1.0', authorization },
      body,
    })
    expect(await answer.json()).toMatchObject({ __type: expect.stringContaining(name) as string })
  }
})
