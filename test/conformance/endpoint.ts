import { createHash, createHmac } from 'node:crypto'
import type { CreateTableCommandInput, KeyType, ScalarAttributeType } from '@aws-sdk/client-dynamodb'
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  UpdateTableCommand,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb'
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams'
import { SignatureV4 } from '@smithy/signature-v4'
import { afterAll, beforeAll } from 'vitest'
import type { Program } from '../program.ts'
import { startProgram } from '../program.ts'

/**
 * What the conformance suite talks to. It is written from AWS's documentation and knows nothing of our code, so it runs against
 * anything that speaks DynamoDB:
 *
 *   (nothing set)                            the built program, started for each file
 *   EVERYWRITE_CONFORMANCE_ENDPOINT=http://… what listens there, with the keys of the environment or else any
 *   EVERYWRITE_CONFORMANCE_AWS=1             DynamoDB itself, with the credentials and the Region of the environment
 */
export interface Endpoint {
  readonly client: DynamoDBClient
  readonly streams: DynamoDBStreamsClient
  /** One request as it goes over the wire, signed; for what the SDK would refuse, repair or hide. */
  raw(operation: string, body: unknown): Promise<RawAnswer>
  /** A table name that nobody else uses; a table of that name is removed in the end. */
  name(what: string): string
}

export interface RawAnswer {
  readonly status: number
  readonly headers: Headers
  /** The body as it came. */
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
}

export const givenUrl = process.env['EVERYWRITE_CONFORMANCE_ENDPOINT']
export const onAws = process.env['EVERYWRITE_CONFORMANCE_AWS'] === '1'

/** On AWS a table takes seconds to come and go, and a test that has one must be allowed to. */
export const tablesAreSlow = onAws

/** The SDK finds those of the environment by itself. */
const ownKeys = givenUrl !== undefined && process.env['AWS_ACCESS_KEY_ID'] !== undefined
const anyKeys = { accessKeyId: 'conformance', secretAccessKey: 'conformance' }

/** No two runs have the same names. */
const prefix = `conformance-${Date.now().toString(36)}-${process.pid.toString(36)}`
export const waiting = onAws ? { minDelay: 2, maxDelay: 5, maxWaitTime: 300 } : { minDelay: 0.05, maxDelay: 0.2, maxWaitTime: 20 }
export const HOOK_MS = onAws ? 600_000 : 60_000

/** Clients of one Region. */
export interface Connection {
  readonly url: string
  readonly client: DynamoDBClient
  readonly streams: DynamoDBStreamsClient
}

interface Open extends Connection {
  readonly program: Program | undefined
}

/** Opens the endpoint for the tests of one file. */
export function useEndpoint(): Endpoint {
  let open: Open | undefined
  const names = new Set<string>()
  const opened = (): Open => {
    if (open === undefined) throw new Error('the endpoint is used before the tests of its file began')
    return open
  }
  beforeAll(async () => {
    open = await openEndpoint()
  }, HOOK_MS)
  afterAll(async () => {
    const { client, streams, program } = opened()
    if (program === undefined) await Promise.all([...names].map((name) => removeTable(client, name)))
    client.destroy()
    streams.destroy()
    await program?.stop()
  }, HOOK_MS)
  return {
    get client() {
      return opened().client
    },
    get streams() {
      return opened().streams
    },
    raw: (operation, body) => sendRaw(opened(), operation, body),
    name(what) {
      const name = freshName(what)
      names.add(name)
      return name
    },
  }
}

export function freshName(what: string): string {
  return `${prefix}-${what}`
}

async function openEndpoint(): Promise<Open> {
  const program = await serve(['--memory', '--throttling', 'off'])
  const region = process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1'
  return { ...connect(region, program), program }
}

/** Starts the program, unless something else shall be asked. */
export async function serve(args: readonly string[]): Promise<Program | undefined> {
  return givenUrl === undefined && !onAws ? startProgram(args) : undefined
}

export function connect(region: string, program: Program | undefined): Connection {
  const endpoint = givenUrl ?? program?.url
  const common = {
    region,
    maxAttempts: onAws ? 5 : 1,
    ...(endpoint === undefined ? {} : { endpoint, ...(ownKeys ? {} : { credentials: anyKeys }) }),
  }
  return {
    url: endpoint ?? `https://dynamodb.${region}.amazonaws.com`,
    client: new DynamoDBClient(common),
    streams: new DynamoDBStreamsClient(common),
  }
}

class Sha256 {
  readonly #hash

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    if (secret === undefined) this.#hash = createHash('sha256')
    else this.#hash = createHmac('sha256', typeof secret === 'string' ? secret : bytesOf(secret))
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === 'string' ? data : bytesOf(data))
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest())
  }

  reset(): void {
    throw new Error('a hash is used once')
  }
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

const targetPrefixes = {
  ListStreams: 'DynamoDBStreams_20120810',
  DescribeStream: 'DynamoDBStreams_20120810',
  GetShardIterator: 'DynamoDBStreams_20120810',
  GetRecords: 'DynamoDBStreams_20120810',
} as const

export async function sendRaw({ url, client, streams }: Connection, operation: string, content: unknown): Promise<RawAnswer> {
  const service = operation in targetPrefixes ? 'DynamoDBStreams_20120810' : 'DynamoDB_20120810'
  const { config } = operation in targetPrefixes ? streams : client
  const region = await config.region()
  const target = onAws && operation in targetPrefixes ? `https://streams.dynamodb.${region}.amazonaws.com` : url
  const { hostname, host, port, protocol } = new URL(target)
  const body = typeof content === 'string' ? content : JSON.stringify(content)
  const signer = new SignatureV4({ service: 'dynamodb', region, credentials: config.credentials, sha256: Sha256 })
  const { headers } = await signer.sign({
    method: 'POST',
    protocol,
    hostname,
    ...(port === '' ? {} : { port: Number(port) }),
    path: '/',
    headers: { host, 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `${service}.${operation}` },
    body,
  })
  const { host: _host, ...sent } = headers
  const answer = await fetch(target, { method: 'POST', headers: sent, body })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, text, body: text === '' ? {} : (JSON.parse(text) as RawAnswer['body']) }
}

/** A key as a test writes it: `pk S`, or `pk S, sk N`. */
export type Keys = `${string} ${ScalarAttributeType}` | `${string} ${ScalarAttributeType}, ${string} ${ScalarAttributeType}`

export interface KeySettings {
  readonly KeySchema: { AttributeName: string; KeyType: KeyType }[]
  readonly AttributeDefinitions: { AttributeName: string; AttributeType: ScalarAttributeType }[]
}

export function keySettings(keys: Keys): KeySettings {
  const attributes = keys.split(', ').map((text) => {
    const [AttributeName = '', AttributeType] = text.split(' ')
    return { AttributeName, AttributeType: AttributeType as ScalarAttributeType }
  })
  return {
    KeySchema: attributes.map(({ AttributeName }, at) => ({ AttributeName, KeyType: at === 0 ? 'HASH' : 'RANGE' })),
    AttributeDefinitions: attributes,
  }
}

/** A table that is there while the tests of a file run. The answer is its name. */
export function useTable(endpoint: Endpoint, what: string, keys: Keys, more: Partial<CreateTableCommandInput> = {}): string {
  const name = endpoint.name(what)
  beforeAll(() => makeTable(endpoint.client, name, keys, more), HOOK_MS)
  return name
}

/** Makes a table and waits until it can be used. */
export async function makeTable(
  client: DynamoDBClient,
  name: string,
  keys: Keys,
  { AttributeDefinitions = [], ...more }: Partial<CreateTableCommandInput> = {},
): Promise<void> {
  const settings = keySettings(keys)
  await client.send(
    new CreateTableCommand({
      TableName: name,
      KeySchema: settings.KeySchema,
      AttributeDefinitions: [...settings.AttributeDefinitions, ...AttributeDefinitions],
      ...(more.ProvisionedThroughput === undefined ? { BillingMode: 'PAY_PER_REQUEST' } : {}),
      ...more,
    }),
  )
  await untilActive(client, name)
}

export async function untilActive(client: DynamoDBClient, name: string): Promise<void> {
  await waitUntilTableExists({ client, ...waiting }, { TableName: name })
}

export async function untilGone(client: DynamoDBClient, name: string): Promise<void> {
  await waitUntilTableNotExists({ client, ...waiting }, { TableName: name })
}

/** One that is still being made or changed is waited for, one that is protected is freed. */
async function removeTable(client: DynamoDBClient, name: string): Promise<void> {
  for (;;) {
    try {
      await client.send(new DeleteTableCommand({ TableName: name }))
      return
    } catch (error) {
      const failure = error instanceof Error ? error.name : ''
      if (failure === 'ResourceNotFoundException') return
      if (failure === 'ResourceInUseException') {
        const { Table } = await client.send(new DescribeTableCommand({ TableName: name }))
        if (Table?.TableStatus === 'DELETING') return
      } else if (failure === 'ValidationException') {
        await client.send(new UpdateTableCommand({ TableName: name, DeletionProtectionEnabled: false }))
      } else throw error
      await untilActive(client, name)
    }
  }
}
