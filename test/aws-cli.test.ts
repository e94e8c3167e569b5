import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Program } from './program.ts'
import { startProgram } from './program.ts'

const run = promisify(execFile)
const available = spawnSync('aws', ['--version'], { stdio: 'ignore' }).status === 0

describe.skipIf(!available)('the AWS CLI', () => {
  let program: Program
  beforeAll(async () => {
    program = await startProgram(['--memory'])
  })
  afterAll(() => program.stop())

  const aws = async (region: string, ...args: string[]): Promise<Record<string, unknown>> => {
    const env = { ...process.env, AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any', AWS_PAGER: '', AWS_EC2_METADATA_DISABLED: 'true' }
    const { stdout } = await run('aws', ['dynamodb', ...args, '--endpoint-url', program.url, '--region', region, '--output', 'json'], {
      env,
    })
    return stdout === '' ? {} : (JSON.parse(stdout) as Record<string, unknown>)
  }

  test('creates a table, adds a replica, writes in one Region and reads in the other', async () => {
    await aws(
      'us-east-1',
      ...['create-table', '--table-name', 'users', '--billing-mode', 'PAY_PER_REQUEST'],
      ...['--attribute-definitions', 'AttributeName=id,AttributeType=S', '--key-schema', 'AttributeName=id,KeyType=HASH'],
    )
    await aws('us-east-1', 'wait', 'table-exists', '--table-name', 'users')
    await aws('us-east-1', 'put-item', '--table-name', 'users', '--item', '{"id":{"S":"ann"},"email":{"S":"ann@example.com"}}')
    await aws('us-east-1', 'update-table', '--table-name', 'users', '--replica-updates', '[{"Create":{"RegionName":"eu-west-1"}}]')
    await expect
      .poll(
        async () => {
          const { Table } = (await aws('us-east-1', 'describe-table', '--table-name', 'users')) as {
            Table: { Replicas?: { ReplicaStatus: string }[] }
          }
          return Table.Replicas?.[0]?.ReplicaStatus
        },
        { timeout: 20_000 },
      )
      .toBe('ACTIVE')
    const { Item } = await aws('eu-west-1', 'get-item', '--table-name', 'users', '--key', '{"id":{"S":"ann"}}')
    expect(Item).toEqual({ id: { S: 'ann' }, email: { S: 'ann@example.com' } })
    const { TableNames } = await aws('us-west-2', 'list-tables')
    expect(TableNames).toEqual([])
  }, 60_000)

  test('shows an error as DynamoDB names it', async () => {
    await expect(aws('us-east-1', 'get-item', '--table-name', 'nobody', '--key', '{"id":{"S":"ann"}}')).rejects.toThrow(
      /ResourceNotFoundException.*Requested resource not found/,
    )
  })
})
