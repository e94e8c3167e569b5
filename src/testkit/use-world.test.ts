import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import setup from './global-setup.ts'
import { useWorld } from './use-world.ts'

const folder = mkdtempSync(join(tmpdir(), 'everywrite-template-'))
const template = join(folder, 'template.yaml')
writeFileSync(template, 'Resources: { Users: { Type: AWS::Serverless::SimpleTable } }')
afterAll(() => rmSync(folder, { recursive: true }))

const world = useWorld({ beforeAll, afterAll, afterEach }, { template })

it("gives a file's tests one world with the tables of a template", async () => {
  expect((await world().client().send(new ListTablesCommand({}))).TableNames).toEqual(['Users'])
  await world().partition('us-east-1', 'us-west-2')
})

it('heals after each test what it broke', async () => {
  await world().settle()
})

it('has a server for a whole run, which clients of the SDK find by themselves', async () => {
  const teardown = await setup()
  try {
    const client = new DynamoDBClient()
    expect((await client.send(new ListTablesCommand({}))).TableNames).toEqual([])
    client.destroy()
  } finally {
    await teardown()
  }
  expect(process.env['AWS_ENDPOINT_URL_DYNAMODB']).toBeUndefined()
})
