import { createHash, createHmac } from 'node:crypto'
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb'
import {
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ExecuteStatementCommand,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import { SignatureV4 } from '@smithy/signature-v4'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Credentials } from './credentials.ts'
import { parseCredentials } from './credentials.ts'
import type { TestWorld } from './test-world.contract.ts'
import { startTestWorld } from './test-world.contract.ts'

const nowMs = Date.UTC(2026, 5, 1, 12)
const minute = 60_000
const admin = { accessKeyId: 'AKIDADMIN', secretAccessKey: 'a secret/with+signs' }
const temporary = { accessKeyId: 'ASIATEMPORARY', secretAccessKey: 'third', sessionToken: 'a token/with=signs' }
const writer = { accessKeyId: 'AKIDWRITER', secretAccessKey: 'fourth' }
const reader = { accessKeyId: 'AKIDREADER', secretAccessKey: 'another' }

let world: TestWorld
/** The SDK's client corrects its clock by the `Date` of answers, so this one's clock is the machine's. */
let worldOfToday: TestWorld

beforeAll(async () => {
  const credentials = parseCredentials({
    [admin.accessKeyId]: { secretAccessKey: admin.secretAccessKey },
    [temporary.accessKeyId]: { secretAccessKey: temporary.secretAccessKey, sessionToken: temporary.sessionToken },
    [writer.accessKeyId]: {
      secretAccessKey: writer.secretAccessKey,
      tables: ['Orders'],
      actions: ['PutItem', 'PartiQLInsert'],
      deny: { actions: ['DeleteTable'] },
    },
    [reader.accessKeyId]: {
      secretAccessKey: reader.secretAccessKey,
      regions: ['eu-west-1'],
      tables: ['Orders', 'dev-*'],
      actions: ['GetItem', 'DescribeTable', 'UpdateTable', 'BatchGetItem'],
    },
  }) as Credentials
  world = await startTestWorld({ credentials, nowMs: () => nowMs })
  worldOfToday = await startTestWorld({ credentials })
})

afterAll(async () => {
  await world.close()
  await worldOfToday.close()
})

/** The signer of the AWS SDK, which knows nothing of our code. */
class Sha256 {
  readonly #hash
  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key as string)
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(data as string)
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
}

interface Changes {
  readonly credentials?: typeof admin & { readonly sessionToken?: string }
  readonly signedAtMs?: number
  readonly region?: string
  readonly service?: string
  readonly presignedForS?: number
  /** What happens to the request after it was signed. */
  readonly afterwards?: (request: SignedFetch) => void
}

interface SignedFetch {
  headers: Record<string, string>
  query: Record<string, string>
  body: string
}

async function send(changes: Changes = {}): Promise<{ status: number; body: Record<string, unknown> }> {
  const signer = new SignatureV4({
    credentials: changes.credentials ?? admin,
    region: changes.region ?? 'us-east-1',
    service: changes.service ?? 'dynamodb',
    sha256: Sha256,
  })
  const unsigned = {
    method: 'POST',
    protocol: 'http:',
    hostname: '127.0.0.1',
    port: world.port,
    path: '/',
    query: {},
    headers: {
      host: `127.0.0.1:${world.port}`,
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.ListTables',
    },
    body: '{}',
  }
  const signingDate = new Date(changes.signedAtMs ?? nowMs)
  const signed = (changes.presignedForS === undefined
    ? await signer.sign(unsigned, { signingDate })
    : await signer.presign(unsigned, {
        signingDate,
        expiresIn: changes.presignedForS,
        unhoistableHeaders: new Set(['x-amz-target']),
      })) as unknown as SignedFetch
  const request: SignedFetch = { headers: { ...signed.headers }, query: { ...signed.query }, body: '{}' }
  changes.afterwards?.(request)
  const { host: _host, ...headers } = request.headers
  const response = await fetch(`${world.endpoint}/?${new URLSearchParams(request.query).toString()}`, {
    method: 'POST',
    headers,
    body: request.body,
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

function refusal(name: string, message: unknown = expect.any(String)): object {
  return { status: 400, body: { __type: `com.amazon.coral.service#${name}`, message } }
}

describe('a signature', () => {
  it('of the SDK’s signer is accepted, in a header and presigned', async () => {
    expect(await send()).toEqual({ status: 200, body: { TableNames: [] } })
    expect(await send({ presignedForS: 60 })).toEqual({ status: 200, body: { TableNames: [] } })
  })

  it('of temporary credentials carries their token, in a header and presigned', async () => {
    expect(await send({ credentials: temporary })).toMatchObject({ status: 200 })
    expect(await send({ credentials: temporary, presignedForS: 60 })).toMatchObject({ status: 200 })
    const without = { ...admin, accessKeyId: temporary.accessKeyId, secretAccessKey: temporary.secretAccessKey }
    const invalid = refusal('UnrecognizedClientException', 'The security token included in the request is invalid.')
    expect(await send({ credentials: without })).toEqual(invalid)
    expect(await send({ credentials: without, presignedForS: 60 })).toEqual(invalid)
    expect(await send({ credentials: { ...temporary, sessionToken: 'another' }, presignedForS: 60 })).toEqual(invalid)
  })

  it('covers the body, the signed headers and the target', async () => {
    const mismatch = refusal('InvalidSignatureException', expect.stringMatching(/^The request signature we calculated does not match/))
    expect(await send({ afterwards: (request) => (request.body = '{"Limit":1}') })).toEqual(mismatch)
    expect(await send({ afterwards: ({ headers }) => (headers['x-amz-target'] = 'DynamoDB_20120810.DescribeLimits') })).toEqual(mismatch)
    expect(await send({ presignedForS: 60, afterwards: ({ query }) => (query['X-Amz-Expires'] = '3600') })).toEqual(mismatch)
    expect(await send({ credentials: { ...admin, secretAccessKey: 'guessed' } })).toEqual(mismatch)
  })

  it('must cover every x-amz header, also one that was put in later', async () => {
    const answer = await send({ afterwards: ({ headers }) => (headers['x-amz-extra'] = '1') })
    expect(answer).toEqual(refusal('InvalidSignatureException', "'x-amz-extra' must be a 'SignedHeader' in the AWS Authorization."))
  })

  it('of an unknown key is not recognised', async () => {
    const answer = await send({ credentials: { ...admin, accessKeyId: 'AKIDNOBODY' } })
    expect(answer).toEqual(refusal('UnrecognizedClientException', 'The security token included in the request is invalid.'))
  })

  it('holds 15 minutes in both directions', async () => {
    expect(await send({ signedAtMs: nowMs - 15 * minute })).toMatchObject({ status: 200 })
    expect(await send({ signedAtMs: nowMs + 15 * minute })).toMatchObject({ status: 200 })
    expect(await send({ signedAtMs: nowMs - 16 * minute })).toEqual(
      refusal(
        'InvalidSignatureException',
        'Signature expired: 20260601T114400Z is now earlier than 20260601T114500Z (20260601T120000Z - 15 min.)',
      ),
    )
    expect(await send({ signedAtMs: nowMs + 16 * minute })).toEqual(
      refusal(
        'InvalidSignatureException',
        'Signature not yet current: 20260601T121600Z is still later than 20260601T121500Z (20260601T120000Z + 15 min.)',
      ),
    )
  })

  it('of a presigned request holds as long as it says', async () => {
    expect(await send({ presignedForS: 3600, signedAtMs: nowMs - 59 * minute })).toMatchObject({ status: 200 })
    expect(await send({ presignedForS: 3600, signedAtMs: nowMs - 61 * minute })).toEqual(
      refusal('InvalidSignatureException', expect.stringMatching(/^Signature expired/)),
    )
  })

  it('is for this service and a Region', async () => {
    expect(await send({ service: 's3' })).toEqual(
      refusal('InvalidSignatureException', "Credential should be scoped to correct service: 'dynamodb'. "),
    )
    expect(await send({ region: 'nowhere' })).toEqual(
      refusal('InvalidSignatureException', 'Credential should be scoped to a valid region. '),
    )
  })

  it('is asked for before anything of the body is read', async () => {
    const answer = await send({ credentials: { ...admin, secretAccessKey: 'guessed' }, afterwards: (request) => (request.body = '{"') })
    expect(answer).toEqual(refusal('InvalidSignatureException'))
    const unsigned = await fetch(world.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.ListTables' },
      body: '{}',
    })
    expect(await unsigned.json()).toMatchObject({ __type: 'com.amazon.coral.service#MissingAuthenticationTokenException' })
  })
})

describe('what a key may do', () => {
  function clientOf(credentials: typeof admin, region: string): DynamoDBClient {
    return new DynamoDBClient({ endpoint: worldOfToday.endpoint, region, credentials, maxAttempts: 1 })
  }

  const key = { pk: { S: 'a' } }

  it('everything, when its entry does not say', async () => {
    const client = clientOf(admin, 'us-east-1')
    expect((await client.send(new ListTablesCommand({}))).TableNames).toEqual([])
    client.destroy()
  })

  it('only in its Regions, on its tables, with its actions', async () => {
    const here = clientOf(reader, 'eu-west-1')
    const elsewhere = clientOf(reader, 'us-east-1')
    const missing = { name: 'ResourceNotFoundException' }
    const denied = (action: string, region: string, table: string): object => ({
      name: 'AccessDeniedException',
      message:
        `User: arn:aws:iam::000000000000:user/AKIDREADER is not authorized to perform: dynamodb:${action} on resource: ` +
        `arn:aws:dynamodb:${region}:000000000000:table/${table} because no identity-based policy allows the dynamodb:${action} action`,
    })
    await expect(here.send(new GetItemCommand({ TableName: 'Orders', Key: key }))).rejects.toMatchObject(missing)
    await expect(here.send(new DescribeTableCommand({ TableName: 'dev-x' }))).rejects.toMatchObject(missing)
    await expect(here.send(new PutItemCommand({ TableName: 'Orders', Item: key }))).rejects.toMatchObject(
      denied('PutItem', 'eu-west-1', 'Orders'),
    )
    await expect(here.send(new GetItemCommand({ TableName: 'Orders2', Key: key }))).rejects.toMatchObject(
      denied('GetItem', 'eu-west-1', 'Orders2'),
    )
    const arn = 'arn:aws:dynamodb:eu-west-1:000000000000:table/Secrets'
    await expect(here.send(new GetItemCommand({ TableName: arn, Key: key }))).rejects.toMatchObject(
      denied('GetItem', 'eu-west-1', 'Secrets'),
    )
    await expect(here.send(new ListTablesCommand({}))).rejects.toMatchObject(denied('ListTables', 'eu-west-1', '*'))
    await expect(elsewhere.send(new GetItemCommand({ TableName: 'Orders', Key: key }))).rejects.toMatchObject(
      denied('GetItem', 'us-east-1', 'Orders'),
    )
    const replicaElsewhere = new UpdateTableCommand({ TableName: 'Orders', ReplicaUpdates: [{ Create: { RegionName: 'us-east-1' } }] })
    await expect(here.send(replicaElsewhere)).rejects.toMatchObject(denied('CreateTableReplica', 'us-east-1', 'Orders'))
    here.destroy()
    elsewhere.destroy()
  })

  it('in transactions and statements, part by part', async () => {
    const client = clientOf(writer, 'eu-west-1')
    const denied = (action: string, table: string): object => ({
      name: 'AccessDeniedException',
      message: expect.stringContaining(
        `perform: dynamodb:${action} on resource: arn:aws:dynamodb:eu-west-1:000000000000:table/${table} because`,
      ) as string,
    })
    const put = { Put: { TableName: 'Orders', Item: key } }
    const transact = (...TransactItems: TransactWriteItem[]): Promise<unknown> =>
      client.send(new TransactWriteItemsCommand({ TransactItems }))
    const state = (Statement: string): Promise<unknown> => client.send(new ExecuteStatementCommand({ Statement }))
    const check = { ConditionCheck: { TableName: 'Orders', Key: key, ConditionExpression: 'attribute_exists(pk)' } }
    await expect(transact(put, check)).rejects.toMatchObject(denied('ConditionCheckItem', 'Orders'))
    await expect(transact(put, { Put: { TableName: 'Secrets', Item: key } })).rejects.toMatchObject(denied('PutItem', 'Secrets'))
    await expect(state(`SELECT * FROM Orders WHERE pk = 'a'`)).rejects.toMatchObject(denied('PartiQLSelect', 'Orders'))
    await expect(state(`INSERT INTO Secrets VALUE {'pk': 'a'}`)).rejects.toMatchObject(denied('PartiQLInsert', 'Secrets'))
    await expect(state(`INSERT INTO Orders VALUE {'pk': 'a'}`)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    await expect(client.send(new DeleteTableCommand({ TableName: 'Orders' }))).rejects.toMatchObject({
      message: expect.stringMatching(/table\/Orders with an explicit deny in an identity-based policy$/) as string,
    })
    client.destroy()
  })
})
