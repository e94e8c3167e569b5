import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readSettings } from './settings.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everywrite-settings-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function file(name: string, content: unknown): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

test('without flags the server is for this machine only, durable, in three Regions', async () => {
  expect(await readSettings({})).toEqual({
    host: '127.0.0.1',
    port: 8000,
    regions: ['us-east-1', 'us-west-2', 'eu-west-1'],
    dataFolder: './.everywrite',
    objectsFolder: join('.everywrite', 's3'),
    profile: 'instant',
    clockMode: 'hlc',
    credentials: undefined,
    insecure: false,
    throttling: true,
    adminToken: undefined,
    logFormat: undefined,
    logLevel: 'info',
  })
})

test('a config file has the names of the flags, and a flag goes before it', async () => {
  const config = await file('config.json', {
    port: 9000,
    regions: ['eu-west-1', 'eu-central-1'],
    profile: 'aws',
    memory: true,
    clock: 'wall',
  })
  const settings = await readSettings({ config, port: '9100' })
  expect(settings).toMatchObject({ port: 9100, regions: ['eu-west-1', 'eu-central-1'], profile: 'aws', clockMode: 'wall' })
  expect(settings.dataFolder).toBeUndefined()
})

test('what stands for S3 is in the data folder, elsewhere if it is named, and nowhere without either', async () => {
  expect((await readSettings({ data: '/d' })).objectsFolder).toBe(join('/d', 's3'))
  expect((await readSettings({ data: '/d', s3: '/buckets' })).objectsFolder).toBe('/buckets')
  expect((await readSettings({ memory: true, s3: '/buckets' })).objectsFolder).toBe('/buckets')
  expect((await readSettings({ memory: true })).objectsFolder).toBeUndefined()
})

test('credentials are read from their file', async () => {
  const credentials = await file('credentials.json', { AKID: { secretAccessKey: 'secret', regions: ['eu-west-1'] } })
  const settings = await readSettings({ credentials })
  expect(settings.credentials?.get('AKID')?.secretAccessKey).toBe('secret')
})

for (const [flags, part] of [
  [{ port: '80x' }, 'port must be a number'],
  [{ port: '70000' }, 'port must be a number'],
  [{ regions: 'us-east-1,,eu-west-1' }, 'regions must name Regions'],
  [{ regions: '' }, 'regions must name Regions'],
  [{ regions: 'moon-1' }, 'There is no AWS Region moon-1'],
  [{ clock: 'sundial' }, 'clock must be one of hlc, wall'],
  [{ data: 'x', memory: true }, '--data and --memory'],
  [{ frob: '1' }, 'There is no setting frob'],
  [{ credentials: '/nowhere.json' }, 'There is no file /nowhere.json'],
] as const) {
  test(`${JSON.stringify(flags)} is refused, and the reason named`, async () => {
    await expect(readSettings(flags)).rejects.toThrow(part)
    await expect(readSettings(flags)).rejects.toMatchObject({ code: 'BAD_CONFIG' })
  })
}

test('a file that is not what it should be is refused by its name', async () => {
  const broken = await file('broken.json', '{')
  await expect(readSettings({ config: broken })).rejects.toThrow(`${broken} is not JSON`)
  const list = await file('list.json', [])
  await expect(readSettings({ config: list })).rejects.toThrow('must hold a JSON object')
  const unknown = await file('unknown.json', { AKID: { secret: 'x' } })
  await expect(readSettings({ credentials: unknown })).rejects.toThrow('there is no setting secret')
})
