import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { selfSigned } from '../src/server/self-signed.contract.ts'
import type { Program } from './program.ts'
import { startProgram } from './program.ts'

const run = promisify(execFile)
const available = spawnSync('aws', ['--version'], { stdio: 'ignore' }).status === 0
/** Every command is a Python program that starts. */
const timeout = 120_000

type Environment = Readonly<Record<string, string>>

/** Nothing of the person who runs the tests: no files, no keys, no pager. */
const alone: Environment = {
  PATH: process.env['PATH'] ?? '',
  HOME: tmpdir(),
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_PAGER: '',
  AWS_MAX_ATTEMPTS: '1',
}
const anyKey: Environment = { ...alone, AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any', AWS_DEFAULT_REGION: 'us-east-1' }

async function command(env: Environment, ...args: readonly string[]): Promise<string> {
  return (await run('aws', [...args], { env: { ...env } })).stdout
}

const json = (value: unknown): string => JSON.stringify(value)

describe.skipIf(!available)('the AWS CLI', { timeout }, () => {
  let program: Program
  let folder = ''
  beforeAll(async () => {
    program = await startProgram(['--memory'])
    folder = await mkdtemp(join(tmpdir(), 'everywrite-cli-'))
  })
  afterAll(async () => {
    await program.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const text = (...args: readonly string[]): Promise<string> => command(anyKey, 'dynamodb', ...args, '--endpoint-url', program.url)
  const aws = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
    const said = await text(...args, '--output', 'json')
    return said === '' ? {} : (JSON.parse(said) as Record<string, unknown>)
  }
  const streams = async (...args: readonly string[]): Promise<Record<string, unknown>> =>
    JSON.parse(await command(anyKey, 'dynamodbstreams', ...args, '--endpoint-url', program.url, '--output', 'json')) as Record<
      string,
      unknown
    >
  const createTable = (name: string, ...more: readonly string[]): Promise<Record<string, unknown>> =>
    aws(
      ...['create-table', '--table-name', name, '--billing-mode', 'PAY_PER_REQUEST'],
      ...['--attribute-definitions', 'AttributeName=id,AttributeType=S', '--key-schema', 'AttributeName=id,KeyType=HASH'],
      ...more,
    )

  test('runs an experiment of FIS as it was written for AWS', async () => {
    const fis = async (...args: readonly string[]): Promise<string> =>
      (await command(anyKey, 'fis', ...args, '--endpoint-url', program.url, '--output', 'text')).trim()
    await createTable('paused')
    await aws('update-table', '--table-name', 'paused', '--replica-updates', '[{"Create":{"RegionName":"eu-west-1"}}]')
    const template = json({
      description: 'Pause replication of a global table',
      targets: {
        Table: {
          resourceType: 'aws:dynamodb:global-table',
          resourceArns: ['arn:aws:dynamodb:us-east-1:000000000000:table/paused'],
          selectionMode: 'ALL',
        },
      },
      actions: {
        pause: {
          actionId: 'aws:dynamodb:global-table-pause-replication',
          parameters: { duration: 'PT12M' },
          targets: { Tables: 'Table' },
        },
      },
      stopConditions: [{ source: 'none' }],
      roleArn: 'arn:aws:iam::000000000000:role/fis',
    })
    const statusOf = (): Promise<string> =>
      text('describe-table', '--table-name', 'paused', '--query', 'Table.Replicas[0].ReplicaStatus', '--output', 'text')
    await expect.poll(statusOf, { timeout: 60_000 }).toBe('ACTIVE\n')
    const id = await fis('create-experiment-template', '--cli-input-json', template, '--query', 'experimentTemplate.id')
    const experiment = await fis('start-experiment', '--experiment-template-id', id, '--query', 'experiment.id')
    const state = (): Promise<string> => fis('get-experiment', '--id', experiment, '--query', 'experiment.state.status')
    await expect.poll(state, { timeout: 60_000 }).toBe('running')
    await aws('put-item', '--table-name', 'paused', '--item', '{"id":{"S":"ann"}}')
    expect(await aws('get-item', '--table-name', 'paused', '--key', '{"id":{"S":"ann"}}', '--region', 'eu-west-1')).toEqual({})
    expect(await fis('stop-experiment', '--id', experiment, '--query', 'experiment.state.status')).toBe('stopping')
    await expect.poll(state, { timeout: 60_000 }).toBe('stopped')
    expect(await fis('list-experiments', '--query', 'experiments[].id')).toBe(experiment)
    expect(await fis('get-action', '--id', 'aws:fis:wait', '--query', 'action.parameters.duration.required')).toBe('True')
    await fis('delete-experiment-template', '--id', id)
    await expect(fis('get-experiment-template', '--id', id)).rejects.toThrow('(ResourceNotFoundException)')
  })

  test('creates a table, adds a replica, writes in one Region and reads in the other', async () => {
    await createTable('users')
    await aws('wait', 'table-exists', '--table-name', 'users')
    await aws('put-item', '--table-name', 'users', '--item', '{"id":{"S":"ann"},"email":{"S":"ann@example.com"}}')
    await aws('update-table', '--table-name', 'users', '--replica-updates', '[{"Create":{"RegionName":"eu-west-1"}}]')
    await expect
      .poll(() => text('describe-table', '--table-name', 'users', '--query', 'Table.Replicas[0].ReplicaStatus', '--output', 'text'), {
        timeout: 60_000,
      })
      .toBe('ACTIVE\n')
    const { Item } = await aws('get-item', '--table-name', 'users', '--key', '{"id":{"S":"ann"}}', '--region', 'eu-west-1')
    expect(Item).toEqual({ id: { S: 'ann' }, email: { S: 'ann@example.com' } })
    const { TableNames } = await aws('list-tables', '--region', 'us-west-2')
    expect(TableNames).toEqual([])
  })

  test('shows an error as DynamoDB names it', async () => {
    await expect(aws('get-item', '--table-name', 'nobody', '--key', '{"id":{"S":"ann"}}')).rejects.toThrow(
      /ResourceNotFoundException.*Requested resource not found/,
    )
  })

  test('makes a table from its own skeleton, lists tables in pages, and waits until one is gone', async () => {
    const skeleton = JSON.parse(await text('create-table', '--generate-cli-skeleton')) as Record<string, unknown>
    expect(Object.keys(skeleton)).toContain('KeySchema')
    const file = join(folder, 'table.json')
    const chosen = {
      TableName: 'skeleton',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }
    await writeFile(file, json(chosen))
    const elsewhere = ['--region', 'ap-south-1']
    await aws('create-table', '--cli-input-json', `file://${file}`, ...elsewhere)
    await Promise.all(['list-1', 'list-2'].map((name) => createTable(name, ...elsewhere)))
    const first = await aws('list-tables', '--max-items', '2', ...elsewhere)
    expect(first['TableNames']).toEqual(['list-1', 'list-2'])
    const rest = await aws('list-tables', '--starting-token', String(first['NextToken']), ...elsewhere)
    expect(rest).toEqual({ TableNames: ['skeleton'] })
    await aws('delete-table', '--table-name', 'skeleton', ...elsewhere)
    await aws('wait', 'table-not-exists', '--table-name', 'skeleton', ...elsewhere)
    await expect(aws('describe-table', '--table-name', 'skeleton', ...elsewhere)).rejects.toThrow('Table: skeleton not found')
  })

  test('writes, changes, reads and deletes an item, and is told of a condition that failed', async () => {
    await createTable('carts')
    const key = ['--table-name', 'carts', '--key', json({ id: { S: 'ann' } })]
    await aws('put-item', '--table-name', 'carts', '--item', json({ id: { S: 'ann' }, count: { N: '1' }, tags: { SS: ['a'] } }))
    const changed = await aws(
      ...['update-item', ...key, '--update-expression', 'SET #c = #c + :n ADD tags :t', '--return-values', 'ALL_NEW'],
      ...['--expression-attribute-names', json({ '#c': 'count' })],
      ...['--expression-attribute-values', json({ ':n': { N: '2' }, ':t': { SS: ['b'] } })],
      ...['--return-consumed-capacity', 'TOTAL'],
    )
    expect(changed).toEqual({
      Attributes: { id: { S: 'ann' }, count: { N: '3' }, tags: { SS: ['a', 'b'] } },
      ConsumedCapacity: { TableName: 'carts', CapacityUnits: 1 },
    })
    expect(await text('get-item', ...key, '--query', 'Item.count.N', '--output', 'text')).toBe('3\n')
    const condition = ['--condition-expression', 'attribute_not_exists(id)']
    await expect(aws('delete-item', ...key, ...condition)).rejects.toThrow(
      /ConditionalCheckFailedException.*: The conditional request failed/,
    )
    const { Attributes } = await aws('delete-item', ...key, '--return-values', 'ALL_OLD')
    expect(Attributes).toMatchObject({ count: { N: '3' } })
    expect(await aws('get-item', ...key)).toEqual({})
  })

  test('writes a batch, and pages through queries and scans', async () => {
    await createTable(
      'music',
      ...['--attribute-definitions', 'AttributeName=artist,AttributeType=S', 'AttributeName=song,AttributeType=S'],
      ...['--key-schema', 'AttributeName=artist,KeyType=HASH', 'AttributeName=song,KeyType=RANGE'],
    )
    const songs = Array.from({ length: 12 }, (_, at) => ({ artist: { S: 'ann' }, song: { S: `s${String(at).padStart(2, '0')}` } }))
    const file = join(folder, 'batch.json')
    await writeFile(file, json({ music: songs.map((Item) => ({ PutRequest: { Item } })) }))
    expect(await aws('batch-write-item', '--request-items', `file://${file}`)).toEqual({ UnprocessedItems: {} })

    const ofAnn = [
      ...['query', '--table-name', 'music', '--key-condition-expression', 'artist = :a', '--no-scan-index-forward'],
      ...['--expression-attribute-values', json({ ':a': { S: 'ann' } })],
    ]
    const first = await aws(...ofAnn, '--max-items', '5', '--page-size', '2')
    expect((first['Items'] as object[]).length).toBe(5)
    const rest = await aws(...ofAnn, '--starting-token', String(first['NextToken']), '--page-size', '3')
    expect([...(first['Items'] as object[]), ...(rest['Items'] as object[])]).toEqual(songs.toReversed())

    const scan = ['scan', '--table-name', 'music', '--page-size', '5']
    expect(await text(...scan, '--query', 'Items[].song.S', '--output', 'text')).toContain('s11')
    const filtered = [
      '--filter-expression',
      'song > :s',
      '--expression-attribute-values',
      json({ ':s': { S: 's08' } }),
      '--select',
      'COUNT',
    ]
    expect(await aws(...scan, ...filtered)).toMatchObject({ Count: 3, ScannedCount: 12 })
    const keys = json({ music: { Keys: [songs[3], { ...songs[3], song: { S: 'absent' } }] } })
    expect(await aws('batch-get-item', '--request-items', keys)).toMatchObject({ Responses: { music: [songs[3]] }, UnprocessedKeys: {} })
  })

  test('carries out transactions and statements', async () => {
    await createTable('accounts')
    const put = (id: string): object => ({
      Put: { TableName: 'accounts', Item: { id: { S: id } }, ConditionExpression: 'attribute_not_exists(id)' },
    })
    await aws('transact-write-items', '--transact-items', json([put('ann'), put('bob')]), '--client-request-token', 'once')
    await expect(aws('transact-write-items', '--transact-items', json([put('eve'), put('bob')]))).rejects.toThrow(
      /TransactionCanceledException.*\[None, ConditionalCheckFailed\]/,
    )
    const got = await aws(
      'transact-get-items',
      '--transact-items',
      json(['ann', 'eve'].map((id) => ({ Get: { TableName: 'accounts', Key: { id: { S: id } } } }))),
    )
    expect(got['Responses']).toEqual([{ Item: { id: { S: 'ann' } } }, {}])

    const statement = (...args: readonly string[]): Promise<Record<string, unknown>> => aws('execute-statement', '--statement', ...args)
    await statement("INSERT INTO accounts VALUE {'id': ?, 'n': 7}", '--parameters', json([{ S: 'carl' }]))
    expect(await statement("SELECT n FROM accounts WHERE id = 'carl'")).toMatchObject({ Items: [{ n: { N: '7' } }] })
    const batch = json([{ Statement: "SELECT id FROM accounts WHERE id = 'ann'" }, { Statement: "SELECT id FROM nowhere WHERE id = 'a'" }])
    const { Responses } = await aws('batch-execute-statement', '--statements', batch)
    expect(Responses).toMatchObject([{ Item: { id: { S: 'ann' } } }, { Error: { Code: 'ResourceNotFound' } }])
    const statements = json([
      { Statement: "DELETE FROM accounts WHERE id = 'ann'" },
      { Statement: "DELETE FROM accounts WHERE id = 'bob'" },
    ])
    await aws('execute-transaction', '--transact-statements', statements)
    expect(await text('scan', '--table-name', 'accounts', '--query', 'Items[].id.S', '--output', 'text')).toBe('carl\n')
  })

  test('sets time to live and tags, and reads a stream', async () => {
    const described = await createTable('watched', '--stream-specification', 'StreamEnabled=true,StreamViewType=NEW_IMAGE')
    const { TableArn, LatestStreamArn } = described['TableDescription'] as Record<string, string>
    const arn = ['--resource-arn', String(TableArn)]
    await aws('update-time-to-live', '--table-name', 'watched', '--time-to-live-specification', 'Enabled=true,AttributeName=until')
    expect(await text('describe-time-to-live', '--table-name', 'watched', '--output', 'text')).toMatch(/until\s+ENABL(ED|ING)/)
    await aws('tag-resource', ...arn, '--tags', 'Key=team,Value=blue', 'Key=stage,Value=test')
    await aws('untag-resource', ...arn, '--tag-keys', 'stage')
    expect(await aws('list-tags-of-resource', ...arn)).toEqual({ Tags: [{ Key: 'team', Value: 'blue' }] })

    await aws('put-item', '--table-name', 'watched', '--item', json({ id: { S: 'a' } }))
    expect(await streams('list-streams', '--table-name', 'watched')).toMatchObject({ Streams: [{ StreamArn: LatestStreamArn }] })
    const stream = ['--stream-arn', String(LatestStreamArn)]
    const { StreamDescription } = await streams('describe-stream', ...stream)
    const { ShardId } = (StreamDescription as { Shards: { ShardId: string }[] }).Shards[0] ?? { ShardId: '' }
    const { ShardIterator } = await streams(
      ...['get-shard-iterator', ...stream, '--shard-id', ShardId, '--shard-iterator-type', 'TRIM_HORIZON'],
    )
    const { Records } = await streams('get-records', '--shard-iterator', String(ShardIterator))
    expect(Records).toMatchObject([{ eventName: 'INSERT', dynamodb: { NewImage: { id: { S: 'a' } } } }])
  })

  test('signs with the profiles of a credentials file, over TLS with a certificate that it was given', async () => {
    const at = (name: string): string => join(folder, name)
    const { certificate, key } = selfSigned()
    const known = {
      AKIDFULL: { secretAccessKey: 'secret' },
      AKIDREAD: { secretAccessKey: 'reader', sessionToken: 'token', actions: ['List*'] },
    }
    const profile = (name: string, id: string, secret: string): string =>
      `[${name}]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`
    await Promise.all([
      writeFile(at('cert.pem'), certificate),
      writeFile(at('key.pem'), key),
      writeFile(at('known.json'), json(known)),
      writeFile(
        at('credentials'),
        `${profile('full', 'AKIDFULL', 'secret')}${profile('reader', 'AKIDREAD', 'reader')}aws_session_token = token\n` +
          `${profile('wrong', 'AKIDFULL', 'guessed')}${profile('stranger', 'AKIDNONE', 'secret')}`,
      ),
    ])
    const tls = ['--tls-cert', at('cert.pem'), '--tls-key', at('key.pem')]
    const guarded = await startProgram(['--memory', '--credentials', at('known.json'), ...tls])
    const env = { ...alone, AWS_SHARED_CREDENTIALS_FILE: at('credentials'), AWS_CA_BUNDLE: at('cert.pem'), AWS_DEFAULT_REGION: 'eu-west-1' }
    const list = (as: string): Promise<string> => command(env, 'dynamodb', 'list-tables', '--endpoint-url', guarded.url, '--profile', as)
    try {
      expect(JSON.parse(await list('full'))).toEqual({ TableNames: [] })
      expect(JSON.parse(await list('reader'))).toEqual({ TableNames: [] })
      await expect(list('wrong')).rejects.toThrow(/InvalidSignatureException.*: The request signature we calculated does not match/)
      await expect(list('stranger')).rejects.toThrow(
        /UnrecognizedClientException.*: The security token included in the request is invalid\./,
      )
      const limits = command(env, 'dynamodb', 'describe-limits', '--endpoint-url', guarded.url, '--profile', 'reader')
      await expect(limits).rejects.toThrow(/AccessDeniedException.*is not authorized to perform: dynamodb:DescribeLimits/)
      const unsigned = command({ ...env }, 'dynamodb', 'list-tables', '--endpoint-url', guarded.url, '--no-sign-request')
      await expect(unsigned).rejects.toThrow(/MissingAuthenticationTokenException/)
    } finally {
      await guarded.stop()
    }
  })
})
