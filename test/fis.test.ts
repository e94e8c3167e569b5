import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetItemCommand, PutItemCommand, TagResourceCommand as TagTableCommand } from '@aws-sdk/client-dynamodb'
import type { CreateExperimentTemplateCommandInput, ExperimentTemplate } from '@aws-sdk/client-fis'
import {
  CreateExperimentTemplateCommand,
  DeleteExperimentTemplateCommand,
  FisClient,
  GetActionCommand,
  GetExperimentCommand,
  GetExperimentTemplateCommand,
  ListActionsCommand,
  ListExperimentTemplatesCommand,
  ListExperimentsCommand,
  ListExperimentResolvedTargetsCommand,
  ListTagsForResourceCommand,
  StartExperimentCommand,
  StopExperimentCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateExperimentTemplateCommand,
} from '@aws-sdk/client-fis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FaultsReply } from '../src/admin/wire.ts'
import { memoryServer } from '../src/server/memory-server.ts'
import type { RunningServer, ServerConfig } from '../src/server/start-server.ts'
import { startServer } from '../src/server/start-server.ts'
import { clientIn, makeGlobalTable } from './global-table.ts'

const [east, europe] = ['us-east-1', 'eu-west-1'] as const
const arn = (table: string) => `arn:aws:dynamodb:${east}:000000000000:table/${table}`
const roleArn = 'arn:aws:iam::000000000000:role/fis'
const ends: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

interface Started {
  readonly server: RunningServer
  readonly url: string
  readonly fis: FisClient
}

async function start(config: Partial<ServerConfig> = {}, key = 'any'): Promise<Started> {
  const server = await startServer({ ...memoryServer([east, europe]), ...config })
  ends.push(() => server.close())
  const url = `http://127.0.0.1:${server.port}`
  return { server, url, fis: fisIn(url, key) }
}

function fisIn(endpoint: string, key = 'any', region: string = east): FisClient {
  const fis = new FisClient({ region, endpoint, maxAttempts: 1, credentials: { accessKeyId: key, secretAccessKey: key } })
  ends.push(() => fis.destroy())
  return fis
}

function templateOf(
  table: string,
  duration: string,
  more: Partial<CreateExperimentTemplateCommandInput> = {},
): CreateExperimentTemplateCommandInput {
  return {
    clientToken: `token-${table}-${duration}-${JSON.stringify(more).length}`,
    description: 'Replication stops',
    roleArn,
    stopConditions: [{ source: 'none' }],
    targets: { it: { resourceType: 'aws:dynamodb:global-table', resourceArns: [arn(table)], selectionMode: 'ALL' } },
    actions: {
      pause: { actionId: 'aws:dynamodb:global-table-pause-replication', parameters: { duration }, targets: { Tables: 'it' } },
    },
    ...more,
  }
}

async function create(fis: FisClient, input: CreateExperimentTemplateCommandInput): Promise<ExperimentTemplate> {
  const { experimentTemplate } = await fis.send(new CreateExperimentTemplateCommand(input))
  if (experimentTemplate === undefined) throw new Error('no template')
  return experimentTemplate
}

let tokens = 0

async function begin(fis: FisClient, template: ExperimentTemplate, more: object = {}): Promise<string> {
  const clientToken = `start-${++tokens}`
  const { experiment } = await fis.send(new StartExperimentCommand({ clientToken, experimentTemplateId: template.id, ...more }))
  expect(experiment?.state).toEqual({ status: 'initiating', reason: 'Experiment is initiating.' })
  return experiment?.id ?? ''
}

const get = async (fis: FisClient, id: string) => (await fis.send(new GetExperimentCommand({ id }))).experiment
const reached = (fis: FisClient, id: string, status: string) =>
  expect.poll(async () => (await get(fis, id))?.state?.status, { timeout: 20_000 }).toBe(status)

async function faults(url: string): Promise<FaultsReply['faults']> {
  return ((await (await fetch(`${url}/_everywrite/faults`)).json()) as FaultsReply).faults
}

async function put(url: string, region: string, table: string, id: string): Promise<void> {
  const client = clientIn(region, url)
  await client.send(new PutItemCommand({ TableName: table, Item: { id: { S: id } } })).finally(() => client.destroy())
}

async function has(url: string, region: string, table: string, id: string): Promise<boolean> {
  const client = clientIn(region, url)
  const found = client.send(new GetItemCommand({ TableName: table, Key: { id: { S: id } } })).finally(() => client.destroy())
  return (await found).Item !== undefined
}

describe('an experiment', () => {
  let it: Started
  beforeEach(async () => {
    it = await start()
    await makeGlobalTable(it.url, 'users', [east, europe])
    await makeGlobalTable(it.url, 'others', [east, europe])
  })

  test('pauses replication of its tables into and out of its Region until it is stopped, as a fault that is listed', async () => {
    const { fis, url } = it
    const template = await create(fis, templateOf('users', 'PT5M'))
    expect(template.id).toMatch(/^EXT\w+$/)
    const id = await begin(fis, template, { tags: { why: 'test' } })
    await reached(fis, id, 'running')
    expect(await faults(url)).toMatchObject([{ kind: 'pause', region: east, table: 'users' }])
    await put(url, east, 'users', 'out')
    await put(url, europe, 'users', 'in')
    await put(url, east, 'others', 'other')
    await expect.poll(() => has(url, europe, 'others', 'other'), { timeout: 20_000 }).toBe(true)
    expect([await has(url, europe, 'users', 'out'), await has(url, east, 'users', 'in')]).toEqual([false, false])
    const running = await get(fis, id)
    expect(running).toMatchObject({
      experimentTemplateId: template.id,
      roleArn,
      tags: { why: 'test' },
      state: { status: 'running', reason: 'Experiment is running.' },
      actions: { pause: { state: { status: 'running' }, targets: { Tables: 'it' } } },
      stopConditions: [{ source: 'none' }],
    })
    expect(running?.creationTime).toBeInstanceOf(Date)
    expect(running?.actions?.['pause']?.startTime).toBeInstanceOf(Date)
    const { resolvedTargets } = await fis.send(new ListExperimentResolvedTargetsCommand({ experimentId: id }))
    expect(resolvedTargets).toEqual([
      { resourceType: 'aws:dynamodb:global-table', targetName: 'it', targetInformation: { arn: arn('users') } },
    ])

    const { experiment: stopping } = await fis.send(new StopExperimentCommand({ id }))
    expect(stopping?.state).toEqual({ status: 'stopping', reason: 'Stopping Experiment.' })
    await reached(fis, id, 'stopped')
    const stopped = await get(fis, id)
    expect(stopped).toMatchObject({ actions: { pause: { state: { status: 'stopped' } } } })
    expect(stopped?.endTime).toBeInstanceOf(Date)
    expect(await faults(url)).toEqual([])
    await expect.poll(() => has(url, europe, 'users', 'out'), { timeout: 20_000 }).toBe(true)
    await expect.poll(() => has(url, east, 'users', 'in'), { timeout: 20_000 }).toBe(true)
    await expect(fis.send(new StopExperimentCommand({ id }))).rejects.toMatchObject({ name: 'ValidationException' })
  })

  test('goes through its actions in their order, and completes', async () => {
    const { fis, url } = it
    const pause = { actionId: 'aws:dynamodb:global-table-pause-replication', parameters: { duration: 'PT1S' }, targets: { Tables: 'it' } }
    const wait = { actionId: 'aws:fis:wait', parameters: { duration: 'PT1S' } }
    const actions = {
      first: wait,
      then: { ...pause, startAfter: ['first'] },
      beside: { ...wait },
      last: { ...wait, startAfter: ['then', 'beside'] },
    }
    const id = await begin(fis, await create(fis, templateOf('users', 'PT1S', { actions })))
    await reached(fis, id, 'completed')
    const done = await get(fis, id)
    expect(done?.state).toEqual({ status: 'completed', reason: 'Experiment completed.' })
    const timeOf = (name: string, which: 'startTime' | 'endTime') => done?.actions?.[name]?.[which]?.getTime() ?? Number.NaN
    for (const name of Object.keys(actions)) {
      expect(done?.actions?.[name]?.state).toEqual({ status: 'completed', reason: 'Action was completed.' })
      expect(timeOf(name, 'endTime') - timeOf(name, 'startTime')).toBeGreaterThanOrEqual(990)
    }
    expect(timeOf('then', 'startTime')).toBeGreaterThanOrEqual(timeOf('first', 'endTime'))
    expect(timeOf('beside', 'startTime')).toBeLessThan(timeOf('first', 'endTime'))
    expect(timeOf('last', 'startTime')).toBeGreaterThanOrEqual(timeOf('then', 'endTime'))
    expect(await faults(url)).toEqual([])
  })

  test('finds its tables by tags and filters, and takes as many as it is to', async () => {
    const { fis, url } = it
    const client = clientIn(east, url)
    for (const table of ['users', 'others'])
      await client.send(new TagTableCommand({ ResourceArn: arn(table), Tags: [{ Key: 'chaos', Value: 'yes' }] }))
    client.destroy()
    const pausedBy = async (target: object): Promise<(string | undefined)[]> => {
      const tagged = { resourceType: 'aws:dynamodb:global-table', resourceTags: { chaos: 'yes' }, selectionMode: 'ALL', ...target }
      const id = await begin(
        fis,
        await create(
          fis,
          templateOf('users', 'PT1H', { clientToken: JSON.stringify(target).replaceAll(/\s/g, ''), targets: { it: tagged } }),
        ),
      )
      await expect.poll(async () => (await get(fis, id))?.state?.status, { timeout: 20_000 }).toMatch(/running|failed/)
      const paused = (await faults(url)).map((fault) => ('table' in fault ? fault.table : undefined))
      const { state } = (await get(fis, id)) ?? {}
      if (state?.status === 'running') await fis.send(new StopExperimentCommand({ id }))
      else expect(state).toEqual({ status: 'failed', reason: 'Target resolution returned empty set', error: { code: 'InvalidTarget' } })
      await expect.poll(() => faults(url), { timeout: 20_000 }).toEqual([])
      return paused.sort()
    }
    expect(await pausedBy({})).toEqual(['others', 'users'])
    expect(await pausedBy({ resourceTags: { chaos: 'no' } })).toEqual([])
    expect(await pausedBy({ selectionMode: 'COUNT(1)' })).toHaveLength(1)
    expect(await pausedBy({ selectionMode: 'PERCENT(50)' })).toHaveLength(1)
    expect(await pausedBy({ selectionMode: 'PERCENT(49)' })).toEqual([])
    expect(await pausedBy({ filters: [{ path: 'TableName', values: ['users', 'x'] }] })).toEqual(['users'])
    expect(await pausedBy({ filters: [{ path: 'Replicas.RegionName', values: ['ap-south-1'] }] })).toEqual([])
  })

  test('without a table fails, or skips its actions when it was told to', async () => {
    const { fis } = it
    const id = await begin(fis, await create(fis, templateOf('nothing', 'PT1M')))
    await reached(fis, id, 'failed')
    expect(await get(fis, id)).toMatchObject({ actions: { pause: { state: { status: 'cancelled' } } } })
    const skipping = templateOf('nothing', 'PT2M')
    const template = await create(fis, {
      ...skipping,
      experimentOptions: { emptyTargetResolutionMode: 'skip' },
    })
    const skipped = await begin(fis, template)
    await reached(fis, skipped, 'completed')
    expect(await get(fis, skipped)).toMatchObject({ actions: { pause: { state: { status: 'skipped' } } } })
  })

  test('is one of five at most, and begun once by one token', async () => {
    const { fis } = it
    const template = await create(fis, templateOf('users', 'PT1H'))
    const once = { clientToken: 'once', experimentTemplateId: template.id }
    const [first, again] = [await fis.send(new StartExperimentCommand(once)), await fis.send(new StartExperimentCommand(once))]
    expect(again.experiment?.id).toBe(first.experiment?.id)
    for (let more = 0; more < 4; more++) await begin(fis, template)
    const refused = fis.send(new StartExperimentCommand({ clientToken: 'sixth', experimentTemplateId: template.id }))
    await expect(refused).rejects.toMatchObject({ name: 'ServiceQuotaExceededException', $metadata: { httpStatusCode: 402 } })
    const { experiments } = await fis.send(new ListExperimentsCommand({ maxResults: 3 }))
    expect(experiments).toHaveLength(3)
  })
})

describe('templates', () => {
  test('are made, shown, listed, changed, tagged and deleted', async () => {
    const { fis, url } = await start()
    const alarm = 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:too-slow'
    const stopConditions = [{ source: 'aws:cloudwatch:alarm', value: alarm }]
    const made = await create(fis, templateOf('users', 'PT5M', { tags: { a: '1' }, stopConditions }))
    expect(made).toMatchObject({ stopConditions, tags: { a: '1' } })
    const resourceArn = `arn:aws:fis:${east}:000000000000:experiment-template/${made.id ?? ''}`
    expect(await create(fis, templateOf('users', 'PT5M', { tags: { a: '1' }, stopConditions }))).toEqual(made)
    const clientToken = templateOf('users', 'PT5M', { tags: { a: '1' }, stopConditions }).clientToken ?? ''
    await expect(create(fis, { ...templateOf('users', 'PT7M'), clientToken })).rejects.toMatchObject({ name: 'ConflictException' })
    expect((await fis.send(new GetExperimentTemplateCommand({ id: made.id }))).experimentTemplate).toEqual(made)
    const { experimentTemplate: changed } = await fis.send(new UpdateExperimentTemplateCommand({ id: made.id, description: 'changed' }))
    expect(changed).toMatchObject({ description: 'changed', actions: made.actions })
    await fis.send(new TagResourceCommand({ resourceArn, tags: { b: '2' } }))
    await fis.send(new UntagResourceCommand({ resourceArn, tagKeys: ['a'] }))
    expect((await fis.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual({ b: '2' })
    for (let more = 1; more <= 4; more++) await create(fis, templateOf('users', `PT${more}M`))
    const first = await fis.send(new ListExperimentTemplatesCommand({ maxResults: 3 }))
    const second = await fis.send(new ListExperimentTemplatesCommand({ maxResults: 3, nextToken: first.nextToken ?? '' }))
    expect([first.experimentTemplates?.length, second.experimentTemplates?.length, second.nextToken]).toEqual([3, 2, undefined])
    expect((await fisIn(url, 'any', europe).send(new ListExperimentTemplatesCommand({}))).experimentTemplates).toEqual([])
    await fis.send(new DeleteExperimentTemplateCommand({ id: made.id }))
    const gone = fis.send(new GetExperimentTemplateCommand({ id: made.id }))
    await expect(gone).rejects.toMatchObject({ name: 'ResourceNotFoundException', $metadata: { httpStatusCode: 404 } })
    const { actions } = await fis.send(new ListActionsCommand({}))
    expect(actions?.map(({ id }) => id)).toEqual(['aws:dynamodb:global-table-pause-replication', 'aws:fis:wait'])
    const { action } = await fis.send(new GetActionCommand({ id: 'aws:dynamodb:global-table-pause-replication' }))
    expect(action).toMatchObject({
      parameters: { duration: { required: true } },
      targets: { Tables: { resourceType: 'aws:dynamodb:global-table' } },
    })
  })

  const pause = 'aws:dynamodb:global-table-pause-replication'
  const target = { resourceType: 'aws:dynamodb:global-table', resourceArns: [arn('users')], selectionMode: 'ALL' }
  const wrong: readonly [string, Partial<CreateExperimentTemplateCommandInput>, string, string][] = [
    [
      'an action that there is not',
      { actions: { a: { actionId: 'aws:ec2:stop-instances' } } },
      'ResourceNotFoundException',
      'aws:ec2:stop-instances',
    ],
    ['no duration', { actions: { a: { actionId: pause, targets: { Tables: 'it' } } } }, 'ValidationException', 'duration'],
    [
      'a duration that is none',
      { actions: { a: { actionId: 'aws:fis:wait', parameters: { duration: '5m' } } } },
      'ValidationException',
      'ISO 8601',
    ],
    [
      'more than twelve hours',
      { actions: { a: { actionId: 'aws:fis:wait', parameters: { duration: 'PT13H' } } } },
      'ValidationException',
      'PT12H',
    ],
    [
      'a target of another name',
      { actions: { a: { actionId: pause, parameters: { duration: 'PT1M' }, targets: { Clusters: 'it' } } } },
      'ValidationException',
      'Unexpected target "Clusters" found in action',
    ],
    [
      'a circle of actions',
      { actions: { a: { actionId: 'aws:fis:wait', parameters: { duration: 'PT1M' }, startAfter: ['a'] } } },
      'ValidationException',
      'after itself',
    ],
    [
      'both ARNs and tags',
      { targets: { it: { ...target, resourceTags: { a: 'b' } } } },
      'ValidationException',
      'both resource ARNs and resource tags for target it.',
    ],
    ['a mode that is none', { targets: { it: { ...target, selectionMode: 'SOME' } } }, 'ValidationException', 'selectionMode'],
    ['a stop condition without an alarm', { stopConditions: [{ source: 'aws:cloudwatch:alarm' }] }, 'ValidationException', 'alarm'],
    [
      'a resource type that there is not',
      { targets: { it: { ...target, resourceType: 'aws:ec2:instance' } } },
      'ResourceNotFoundException',
      'aws:ec2:instance',
    ],
  ]

  test.each(wrong)('with %s are refused', async (_what, more, name, text) => {
    const { fis } = await start()
    await expect(create(fis, templateOf('users', 'PT5M', more))).rejects.toMatchObject({
      name,
      message: expect.stringContaining(text) as string,
    })
  })

  test('are refused with every problem of their shape', async () => {
    const { url, fis } = await start()
    let problem: unknown
    await create(fis, { ...templateOf('users', 'PT1M'), description: 'x'.repeat(600), roleArn: 'short' }).catch(
      (error: unknown) => (problem = error),
    )
    expect(problem).toMatchObject({
      name: 'ValidationException',
      message:
        "2 validation errors detected: Value at 'description' failed to satisfy constraint: Member must have length less than or equal to 512; " +
        "Value at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20",
    })
    const unsigned = await fetch(`${url}/experimentTemplates`, { method: 'POST', body: '{}' })
    expect([unsigned.status, unsigned.headers.get('x-amzn-errortype')]).toEqual([403, 'MissingAuthenticationTokenException'])
  })
})

test('experiments go on after a restart, and are over when their time has passed meanwhile', async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'everywrite-fis-'))
  ends.push(() => rmSync(dataFolder, { recursive: true, force: true }))
  const before = await startServer({ ...memoryServer([east, europe]), dataFolder })
  const beforeUrl = `http://127.0.0.1:${before.port}`
  await makeGlobalTable(beforeUrl, 'users', [east, europe])
  const fis = fisIn(beforeUrl)
  const long = await begin(fis, await create(fis, templateOf('users', 'PT10M')))
  const short = await begin(fis, await create(fis, templateOf('users', 'PT1S')))
  await reached(fis, long, 'running')
  await reached(fis, short, 'running')
  await before.close()

  const after = await start({ dataFolder })
  await reached(after.fis, short, 'completed')
  await expect.poll(() => faults(after.url), { timeout: 20_000 }).toMatchObject([{ kind: 'pause', region: east, table: 'users' }])
  expect((await get(after.fis, long))?.state?.status).toBe('running')
  await put(after.url, east, 'users', 'held back')
  expect(await has(after.url, europe, 'users', 'held back')).toBe(false)
  await after.fis.send(new StopExperimentCommand({ id: long }))
  await reached(after.fis, long, 'stopped')
  await expect.poll(() => has(after.url, europe, 'users', 'held back'), { timeout: 20_000 }).toBe(true)
})

test('keys that are verified see the experiments of their account, and those that are held to tables none', async () => {
  const rule = { regions: undefined, tables: undefined, actions: undefined }
  const key = (accessKeyId: string, account: string, more: object = {}) => ({
    accessKeyId,
    secretAccessKey: accessKeyId,
    sessionToken: undefined,
    account,
    allow: { ...rule, ...more },
    deny: undefined,
  })
  const credentials = new Map([
    ['one', key('one', '000000000000')],
    ['two', key('two', '111122223333')],
    ['reader', key('reader', '000000000000', { actions: (name: string) => name === 'GetItem' })],
  ])
  const { fis, url } = await start({ credentials }, 'one')
  await create(fis, templateOf('users', 'PT5M'))
  const list = new ListExperimentTemplatesCommand({})
  expect((await fis.send(list)).experimentTemplates).toHaveLength(1)
  expect((await fisIn(url, 'two').send(list)).experimentTemplates).toEqual([])
  await expect(fisIn(url, 'reader').send(list)).rejects.toMatchObject({ name: 'AccessDeniedException' })
  const forged = new FisClient({ region: east, endpoint: url, maxAttempts: 1, credentials: { accessKeyId: 'one', secretAccessKey: 'x' } })
  ends.push(() => forged.destroy())
  await expect(forged.send(list)).rejects.toMatchObject({ name: 'InvalidSignatureException' })
})
