import {
  CreateTableCommand,
  DeleteResourcePolicyCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  GetResourcePolicyCommand,
  PutResourcePolicyCommand,
} from '@aws-sdk/client-dynamodb'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import type { TestWorld } from '../../test-world.contract.ts'
import { startTestWorld } from '../../test-world.contract.ts'

let nowMs: number
let world: TestWorld
let client: DynamoDBClient
beforeEach(async () => {
  nowMs = Date.UTC(2026, 0, 1)
  world = await startTestWorld({ nowMs: () => nowMs })
  client = world.client()
  await create()
})
afterEach(() => world.close())

const arn = 'arn:aws:dynamodb:us-east-1:000000000000:table/orders'
const account = { AWS: '111122223333' }

function create(more: object = {}): Promise<unknown> {
  return client.send(
    new CreateTableCommand({
      TableName: 'orders',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' },
      ...more,
    }),
  )
}

const statement = (more: object = {}): object => ({
  Effect: 'Allow',
  Principal: account,
  Action: 'dynamodb:GetItem',
  Resource: arn,
  ...more,
})
const policy = (...statements: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements })

async function put(Policy = policy(statement()), more: object = {}): Promise<string | undefined> {
  return (await client.send(new PutResourcePolicyCommand({ ResourceArn: arn, Policy, ...more }))).RevisionId
}

async function get(ResourceArn = arn): Promise<{ Policy?: string | undefined; RevisionId?: string | undefined }> {
  const { Policy, RevisionId } = await client.send(new GetResourcePolicyCommand({ ResourceArn }))
  return { Policy, RevisionId }
}

async function remove(more: object = {}): Promise<string | undefined> {
  return (await client.send(new DeleteResourcePolicyCommand({ ResourceArn: arn, ...more }))).RevisionId
}

const notFound = 'Resource-based policy not found for the provided ResourceArn: '
const invalid = 'One or more parameter values were invalid: '

describe('a policy', () => {
  it('is put, shown and removed, each revision later than the one before', async () => {
    await expect(get()).rejects.toMatchObject({ name: 'PolicyNotFoundException', message: notFound + arn })
    const first = await put()
    expect(first).toBe(String(nowMs))
    expect((await get()).RevisionId).toBe(first)
    nowMs -= 1000
    const second = await put(policy(statement({ Action: 'dynamodb:*' })))
    expect(Number(second)).toBeGreaterThan(Number(first))
    expect(await remove()).toBe(second)
    await expect(get()).rejects.toMatchObject({ name: 'PolicyNotFoundException' })
    expect(await remove()).toBeUndefined()
  })

  it('is shown in one form, and the same one again changes nothing', async () => {
    const first = await put(
      JSON.stringify(
        {
          Statement: {
            Resource: [arn],
            Action: ['dynamodb:GetItem'],
            Principal: { AWS: ['111122223333', 'arn:aws:iam::111122223333:root'] },
            Effect: 'allow',
            Sid: 'a',
          },
          Version: '2012-10-17',
        },
        undefined,
        2,
      ),
    )
    const { Policy } = await get()
    expect(Policy).toBe(
      '{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},' +
        `"Action":"dynamodb:GetItem","Resource":"${arn}"}]}`,
    )
    nowMs += 1000
    expect(await put(Policy)).toBe(first)
  })

  it('without a version is shown with the first one, and is another policy than that', async () => {
    const first = await put(JSON.stringify({ Statement: [statement()] }))
    const { Policy } = await get()
    expect(JSON.parse(Policy ?? '')).toMatchObject({ Version: '2008-10-17' })
    expect(await put(Policy)).not.toBe(first)
  })

  it('of a stream is another than that of its table', async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: 'orders' }))
    const stream = Table?.LatestStreamArn ?? ''
    const Policy = policy(statement({ Action: 'dynamodb:GetRecords', Resource: stream }))
    await client.send(new PutResourcePolicyCommand({ ResourceArn: stream, Policy }))
    expect(JSON.parse((await get(stream)).Policy ?? '')).toEqual(
      JSON.parse(Policy.replace('"111122223333"', '"arn:aws:iam::111122223333:root"')),
    )
    await expect(get()).rejects.toMatchObject({ name: 'PolicyNotFoundException' })
    const missing = `${arn}/stream/2000-01-01T00:00:00.000`
    await expect(get(missing)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Requested resource not found: Stream: 2000-01-01T00:00:00.000 not found for Table: orders',
    })
  })

  it('can come with the table, and goes with it', async () => {
    await put()
    await client.send(new DeleteTableCommand({ TableName: 'orders' }))
    await create()
    await expect(get()).rejects.toMatchObject({ name: 'PolicyNotFoundException' })
    await client.send(new DeleteTableCommand({ TableName: 'orders' }))
    await create({ ResourcePolicy: policy(statement()) })
    expect((await get()).RevisionId).toBe(String(nowMs))
    await client.send(new DeleteTableCommand({ TableName: 'orders' }))
    await expect(create({ ResourcePolicy: '{}' })).rejects.toMatchObject({ name: 'ValidationException' })
  })
})

describe('a change on a condition', () => {
  it('is made when the policy is the one that is expected', async () => {
    const first = await put(undefined, { ExpectedRevisionId: 'NO_POLICY' })
    const second = await put(policy(statement({ Action: '*' })), { ExpectedRevisionId: first })
    expect(await remove({ ExpectedRevisionId: second })).toBe(second)
  })

  it('is refused when it is another one, or none', async () => {
    await expect(put(undefined, { ExpectedRevisionId: '5' })).rejects.toMatchObject({
      name: 'PolicyNotFoundException',
      message: notFound + arn,
    })
    await expect(remove({ ExpectedRevisionId: '5' })).rejects.toMatchObject({ name: 'PolicyNotFoundException', message: notFound + arn })
    const is = await put()
    const other =
      'Requested update for policy with revision id 5, but the policy associated to target table orders ' + `has revision id ${is}.`
    await expect(put(undefined, { ExpectedRevisionId: '5' })).rejects.toMatchObject({
      name: 'PolicyNotFoundException',
      message: notFound + other,
    })
    await expect(remove({ ExpectedRevisionId: '5' })).rejects.toMatchObject({ message: notFound + other })
    await expect(put(undefined, { ExpectedRevisionId: 'NO_POLICY' })).rejects.toMatchObject({
      name: 'PolicyNotFoundException',
      message: `${notFound}Requested policy update expecting none to be present for table orders, but a policy exists with revision id ${is}.`,
    })
    expect((await get()).RevisionId).toBe(is)
  })
})

test.each([
  ['orders', `${invalid}ARNs must start with 'arn:': orders`, 'ValidationException'],
  [`${arn}2`, 'Requested resource not found: Table: orders2 not found', 'ResourceNotFoundException'],
  [
    arn.replace('000000000000', '111122223333'),
    'This action is only supported by accounts that match the resource owner’s account.',
    'ValidationException',
  ],
  [
    arn.replace('us-east-1', 'eu-west-1'),
    `${invalid}Invalid resource Arn: ${arn.replace('us-east-1', 'eu-west-1')}`,
    'ValidationException',
  ],
  [arn.replace('aws', 'aws-cn'), `${invalid}Invalid resource Arn: ${arn.replace('aws', 'aws-cn')}`, 'ValidationException'],
  [
    `${arn}/index/by`,
    `${invalid}Invalid resource arn provided, only table or stream is accepted. Provided resource arn: ${arn}/index/by`,
    'ValidationException',
  ],
  [`${arn}/backup/01`, `${invalid}Provided Arn is not a DynamoDB resource arn: ${arn}/backup/01`, 'ValidationException'],
])('%s is refused', async (ResourceArn, message, name) => {
  await expect(get(ResourceArn)).rejects.toMatchObject({ name, message })
  await expect(put(undefined, { ResourceArn })).rejects.toMatchObject({ name, message })
  await expect(remove({ ResourceArn })).rejects.toMatchObject({ name, message })
})

const anybodyAllowed =
  'Resource-based policy grants unbounded access in one or more elements. ' +
  'Please revise the policy to ensure least-privilege form of access'

test.each<[string, string]>([
  ['{not json', `${invalid}Invalid policy document: This policy contains invalid Json`],
  ['[]', `${invalid}Invalid policy document: This policy contains invalid Json`],
  ['', `${invalid}Invalid policy document: This policy contains invalid Json`],
  ['null', `${invalid}Invalid policy document: This text appears not to be a policy`],
  ['{}', `${invalid}Invalid policy document: Syntax error at position (1,3)`],
  [policy(), `${invalid}Invalid policy document: Could not parse the policy: Statement is empty!`],
  [policy({}), `${invalid}Invalid policy document: Missing required field Effect`],
  [policy(statement({ Resource: undefined })), `${invalid}Invalid policy document: Missing required field Resource`],
  [
    policy(statement({ Sid: 'a' }), statement({ Sid: 'a' })),
    `${invalid}Invalid policy document: The Statement Ids in the policy are not unique`,
  ],
  [
    policy(statement({ Action: ['dynamodb:GetRecords', 'dynamodb:GetItem', 'dynamodb:DescribeStream'] })),
    `${invalid}Invalid policy document: The following action names are invalid: "dynamodb:GetRecords", "dynamodb:DescribeStream"`,
  ],
  [
    policy(statement({ Resource: `${arn}/stream/x` })),
    `${invalid}Invalid policy document: The relative-id "table/orders/stream/x" is invalid for ARN "${arn}/stream/x"`,
  ],
  [policy(statement({ Principal: '*' })), anybodyAllowed],
  [policy(statement({ Principal: { AWS: '*' } })), anybodyAllowed],
  [policy(statement({ Principal: { AWS: 'somebody' } })), `${invalid}Invalid principal in policy document.`],
  [
    policy(statement({ Principal: { Service: 'lambda.amazonaws.com' } })),
    `${invalid}Invalid policy document: Policy contains invalid service principal`,
  ],
  [`${policy(statement())}${' '.repeat(20_480)}`, `${invalid}Maximum policy size of 20480 bytes exceeded`],
])('the policy %s is refused', async (text, message) => {
  await expect(put(text)).rejects.toMatchObject({ name: 'ValidationException', message })
})

test.each<[string, object]>([
  ['a bare account', { Principal: '111122223333' }],
  ['another effect', { Effect: 'Permit' }],
  ['what no statement has', { Rersource: arn }],
  ['an operator that is not judged', { Condition: { BinaryEquals: { 'dynamodb:Select': 'x' } } }],
  ['a key that is not judged', { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } }],
  ['a value that the operator cannot compare', { Condition: { IpAddress: { 'aws:SourceIp': 'home' } } }],
  ['Null for what may be missing', { Condition: { NullIfExists: { 'aws:SourceIp': 'true' } } }],
])('a statement with %s is refused', async (_what, more) => {
  await expect(put(policy(statement(more)))).rejects.toMatchObject({ name: 'ValidationException', message: /Invalid policy document/ })
})

test('who would lock themselves out has to say so', async () => {
  const text = policy({ Effect: 'Deny', Principal: '*', Action: 'dynamodb:PutResourcePolicy', Resource: arn })
  await expect(put(text)).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: 'The new resource policy will not allow you to update the resource policy in the future.',
  })
  await put(text, { ConfirmRemoveSelfResourceAccess: true })
  await put(policy({ Effect: 'Deny', Principal: '*', Action: 'dynamodb:DeleteResourcePolicy', Resource: arn }))
})
