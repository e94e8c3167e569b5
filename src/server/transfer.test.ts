import { createHash } from 'node:crypto'
import { mkdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { AttributeValue, ImportTableCommandInput } from '@aws-sdk/client-dynamodb'
import {
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeExportCommand,
  DescribeImportCommand,
  DescribeTableCommand,
  ExportTableToPointInTimeCommand,
  ImportTableCommand,
  ListExportsCommand,
  ListImportsCommand,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb'
import { afterEach, describe, expect, test } from 'vitest'
import { readIonLine } from '../transfer/ion.ts'
import type { ObjectStore } from '../transfer/object-store.ts'
import { keysOf } from '../transfer/object-store.contract.ts'
import { storedZstd } from '../transfer/zstd.contract.ts'
import type { TransferWorld } from './transfer-world.contract.ts'
import { region, startTransferWorld } from './transfer-world.contract.ts'

const arn = (name: string): string => `arn:aws:dynamodb:us-east-1:000000000000:table/${name}`
type Item = Record<string, AttributeValue>

/** One of each type, and what is at their limits. */
const rich: Item = {
  pk: { S: 'rich' },
  sk: { N: '-1' },
  text: { S: 'é \n "quoted" \u0000 \u{1f600} \u2028' },
  empty: { S: '' },
  digits: { N: '1.2345678901234567890123456789012345678' },
  tiny: { N: '0.0000000000000000000000000000000001' },
  huge: { N: `9${'0'.repeat(125)}` },
  bytes: { B: Uint8Array.from([0, 1, 2, 255]) },
  noBytes: { B: new Uint8Array(0) },
  yes: { BOOL: true },
  no: { BOOL: false },
  nothing: { NULL: true },
  words: { SS: ['a', '', 'null'] },
  numbers: { NS: ['600', '-0.5', '0'] },
  binaries: { BS: [Uint8Array.from([1]), Uint8Array.from([2, 3])] },
  list: { L: [{ S: 'x' }, { L: [] }, { M: {} }, { NULL: true }] },
  map: { M: { 'a b': { N: '1' }, null: { S: 'n' }, __proto__x: { BOOL: true }, $ion_1_0: { M: { deep: { SS: ['y'] } } } } },
}

let running: TransferWorld | undefined

afterEach(async () => {
  await running?.close()
  running = undefined
})

async function start(decorate?: (plain: ObjectStore) => ObjectStore): Promise<TransferWorld> {
  running = await startTransferWorld(decorate)
  return running
}

async function createOrders({ client, recover }: TransferWorld, name = 'orders'): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: name,
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  )
  await recover(name)
}

async function put({ client }: TransferWorld, ...items: readonly Item[]): Promise<void> {
  await Promise.all(items.map((Item) => client.send(new PutItemCommand({ TableName: 'orders', Item }))))
}

async function scan({ client }: TransferWorld, TableName: string): Promise<readonly Item[]> {
  const items: Item[] = []
  let ExclusiveStartKey: Item | undefined
  do {
    const page = await client.send(new ScanCommand({ TableName, ExclusiveStartKey }))
    items.push(...(page.Items ?? []))
    ExclusiveStartKey = page.LastEvaluatedKey
  } while (ExclusiveStartKey !== undefined)
  return sorted(items)
}

function sorted(items: readonly Item[]): readonly Item[] {
  const key = ({ pk, sk }: Item): string => `${pk?.S} ${sk?.N}`
  return [...items].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

function many(count: number): readonly Item[] {
  return Array.from({ length: count }, (_, at) => ({ pk: { S: `k${at % 7}` }, sk: { N: String(at) }, text: { S: 'x'.repeat(at % 50) } }))
}

const intoCopy = (source: Partial<ImportTableCommandInput>): ImportTableCommandInput => ({
  S3BucketSource: { S3Bucket: 'bucket' },
  InputFormat: 'DYNAMODB_JSON',
  TableCreationParameters: {
    TableName: 'copy',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'N' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  },
  ...source,
})

async function exportNow(world: TransferWorld, more: object = {}): Promise<NonNullable<Awaited<ReturnType<typeof describeExport>>>> {
  const before = world.logged.filter(({ event }) => /^export-(completed|failed)$|^table-(not-)?filled$/.test(event)).length
  const input = { TableArn: arn('orders'), S3Bucket: 'bucket', ...more }
  const { ExportDescription } = await world.client.send(new ExportTableToPointInTimeCommand(input))
  expect(ExportDescription).toMatchObject({ ExportStatus: 'IN_PROGRESS', S3SseAlgorithm: 'AES256' })
  await world.ended(before + 1)
  return (await describeExport(world, ExportDescription?.ExportArn)) ?? {}
}

async function describeExport({ client }: TransferWorld, ExportArn: string | undefined) {
  return (await client.send(new DescribeExportCommand({ ExportArn }))).ExportDescription
}

async function importNow(world: TransferWorld, input: ImportTableCommandInput) {
  const before = world.logged.filter(({ event }) => /^export-(completed|failed)$|^table-(not-)?filled$/.test(event)).length
  const { ImportTableDescription: begun } = await world.client.send(new ImportTableCommand(input))
  expect(begun).toMatchObject({ ImportStatus: 'IN_PROGRESS' })
  await world.ended(before + 1)
  const { ImportTableDescription } = await world.client.send(new DescribeImportCommand({ ImportArn: begun?.ImportArn }))
  return ImportTableDescription
}

/** The lines of an export's files, as its manifests lead to them. */
async function linesOf({ bucketPath }: TransferWorld, manifest: string | undefined): Promise<readonly string[]> {
  const summary = JSON.parse(await readFile(join(bucketPath, manifest ?? ''), 'utf8')) as { manifestFilesS3Key: string }
  const files = (await readFile(join(bucketPath, summary.manifestFilesS3Key), 'utf8')).trim().split('\n')
  const texts = await Promise.all(
    files.map(async (line) => {
      const { dataFileS3Key, md5Checksum, itemCount } = JSON.parse(line) as {
        dataFileS3Key: string
        md5Checksum: string
        itemCount: number
      }
      const bytes = await readFile(join(bucketPath, dataFileS3Key))
      expect(createHash('md5').update(bytes).digest('base64')).toBe(md5Checksum)
      const lines = gunzipSync(bytes).toString('utf8').split('\n').slice(0, -1)
      expect(lines).toHaveLength(itemCount)
      return lines
    }),
  )
  return texts.flat()
}

async function putObject({ bucketPath }: TransferWorld, key: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(bucketPath, key)), { recursive: true })
  await writeFile(join(bucketPath, key), content)
}

const line = (item: object): string => `${JSON.stringify({ Item: item })}\n`

describe('an export and an import', () => {
  for (const format of ['DYNAMODB_JSON', 'ION'] as const) {
    test(`bring a table's items to files and into another table as they are, in ${format}`, async () => {
      const world = await start()
      await createOrders(world)
      await put(world, rich, ...many(500))
      const exported = await exportNow(world, { ExportFormat: format, S3Prefix: 'exports/today' })
      expect(exported).toMatchObject({ ExportStatus: 'COMPLETED', ItemCount: 501, ExportFormat: format, TableArn: arn('orders') })
      const lines = await linesOf(world, exported.ExportManifest)
      expect(lines).toHaveLength(501)
      if (format === 'ION') for (const each of lines) expect(Object.keys(readIonLine(each))).toEqual(['Item'])
      else expect(lines.map((each) => (JSON.parse(each) as { Item: Item }).Item['sk']?.N)).toContain('-1')

      const S3KeyPrefix = exported.ExportManifest?.replace('manifest-summary.json', 'data/')
      const source = { S3BucketSource: { S3Bucket: 'bucket', S3KeyPrefix }, InputFormat: format, InputCompressionType: 'GZIP' } as const
      const imported = await importNow(world, intoCopy(source))
      expect(imported).toMatchObject({ ImportStatus: 'COMPLETED', ProcessedItemCount: 501, ImportedItemCount: 501, ErrorCount: 0 })
      expect(await scan(world, 'copy')).toEqual(await scan(world, 'orders'))
      expect((await scan(world, 'copy')).find(({ pk }) => pk?.S === 'rich')).toEqual(rich)
    })
  }
})

describe('a full export', () => {
  test('writes what AWS documents: a mark, two manifests with digests, data under a folder of its own', async () => {
    const world = await start()
    await createOrders(world)
    await put(world, rich)
    const exported = await exportNow(world, { S3Prefix: 'p/' })
    const id = exported.ExportArn?.split('/').pop()
    const folder = `p/AWSDynamoDB/${id}`
    const keys = await keysOf(world.objects, 'bucket', '')
    const [data, ...rest] = keys.filter((key) => key.includes('/data/'))
    expect(rest).toEqual([])
    expect(data).toMatch(/^p\/AWSDynamoDB\/\d{14}-[0-9a-f]{8}\/data\/[a-z2-7]{26}\.json\.gz$/)
    const others = ['_started', 'manifest-files.json', 'manifest-files.md5', 'manifest-summary.json', 'manifest-summary.md5']
    expect(keys.filter((key) => key !== data)).toEqual(others.map((name) => `${folder}/${name}`))
    const summary = await readFile(join(world.bucketPath, folder, 'manifest-summary.json'), 'utf8')
    expect(await readFile(join(world.bucketPath, folder, 'manifest-summary.md5'), 'utf8')).toBe(
      createHash('md5').update(summary).digest('base64'),
    )
    expect(JSON.parse(summary)).toMatchObject({
      version: '2020-06-30',
      exportArn: exported.ExportArn,
      tableId: exported.TableId,
      s3Bucket: 'bucket',
      s3Prefix: 'p/',
      s3SseAlgorithm: 'AES256',
      s3SseKmsKeyId: null,
      manifestFilesS3Key: `${folder}/manifest-files.json`,
      itemCount: 1,
      outputFormat: 'DYNAMODB_JSON',
      exportTime: exported.ExportTime?.toISOString(),
    })
  })

  test('of an empty table has one file without lines', async () => {
    const world = await start()
    await createOrders(world)
    const exported = await exportNow(world)
    expect(exported).toMatchObject({ ExportStatus: 'COMPLETED', ItemCount: 0, BilledSizeBytes: 0 })
    expect(await linesOf(world, exported.ExportManifest)).toEqual([])
    expect(await keysOf(world.objects, 'bucket', exported.ExportManifest?.replace('manifest-summary.json', 'data/') ?? '')).toHaveLength(1)
  })

  test('shows the table as it was at its moment', async () => {
    const world = await start()
    await createOrders(world)
    const before = many(400)
    await put(world, ...before)
    world.advance(60_000)
    const moment = world.nowMs()
    world.advance(60_000)
    await put(world, { pk: { S: 'later' }, sk: { N: '1' } }, ...many(200).map((item) => ({ ...item, text: { S: 'changed' } })))
    for (const { pk, sk } of before.slice(100, 300)) {
      await world.client.send(new DeleteItemCommand({ TableName: 'orders', Key: { pk, sk } as Item }))
    }
    const exported = await exportNow(world, { ExportTime: new Date(moment) })
    const items = (await linesOf(world, exported.ExportManifest)).map((each) => (JSON.parse(each) as { Item: Item }).Item)
    expect(sorted(items)).toEqual(sorted(before))
  })

  test('is refused without recovery, outside of its window, and where it contradicts itself, in the words of DynamoDB', async () => {
    const world = await start()
    await createOrders(world)
    await createOrders({ ...world, recover: () => Promise.resolve() }, 'plain')
    const refusal = (more: object): Promise<{ name: string; message: string }> =>
      world.client.send(new ExportTableToPointInTimeCommand({ TableArn: arn('orders'), S3Bucket: 'bucket', ...more })).then(
        () => ({ name: 'accepted', message: '' }),
        (error: unknown) => error as Error,
      )
    const is = async (more: object, name: string, message: string): Promise<void> =>
      expect(await refusal(more)).toMatchObject({ name, message })
    await is(
      { TableArn: arn('plain') },
      'PointInTimeRecoveryUnavailableException',
      "Point in time recovery is not enabled for table 'plain'",
    )
    await is({ TableArn: arn('none') }, 'TableNotFoundException', `Table not found: ${arn('none')}`)
    await is({ TableArn: 'orders' }, 'ValidationException', 'One or more parameter values were invalid: tableArn is not a valid ARN')
    await is({ TableArn: `${arn('orders')}/index/x` }, 'ValidationException', 'Invalid Request: Table ARN is invalid.')
    await is({ ExportTime: new Date(world.nowMs() + 3_600_000) }, 'InvalidExportTimeException', 'Export Time is invalid')
    await is({ ExportTime: new Date(world.nowMs() - 3_600_000) }, 'InvalidExportTimeException', 'Export Time is invalid')
    await is({ S3SseKmsKeyId: 'k' }, 'ValidationException', 'Invalid Request: KMS Key Id is not supported for this encryption type')
    const spec = { IncrementalExportSpecification: {} }
    await is(
      { ...spec, ExportType: 'INCREMENTAL_EXPORT' },
      'ValidationException',
      'Invalid Request: ExportFromTime must be provided in IncrementalExportSpecification',
    )
    for (const S3Prefix of ['../x', '/x', 'a/../../b', 'a//b']) {
      expect(await refusal({ S3Prefix })).toMatchObject({ name: 'ValidationException' })
    }
    expect(await refusal({ S3Bucket: '../bucket' })).toMatchObject({ name: 'ValidationException' })
    expect((await world.client.send(new ListExportsCommand({}))).ExportSummaries).toEqual([])
  })

  test('into a bucket that is not there is accepted and fails', async () => {
    const world = await start()
    await createOrders(world)
    const exported = await exportNow(world, { S3Bucket: 'nowhere' })
    expect(exported).toMatchObject({ ExportStatus: 'FAILED', FailureCode: 'S3NoSuchBucket' })
    expect(exported.ExportManifest).toBeUndefined()
  })

  test('under the token of an earlier one is that one, and conflicts with it when it asks for something else', async () => {
    const world = await start()
    await createOrders(world)
    const first = await exportNow(world, { ClientToken: 'token' })
    const again = await world.client.send(
      new ExportTableToPointInTimeCommand({ TableArn: arn('orders'), S3Bucket: 'bucket', ClientToken: 'token' }),
    )
    expect(again.ExportDescription).toMatchObject({ ExportArn: first.ExportArn, ExportStatus: 'COMPLETED' })
    const other = new ExportTableToPointInTimeCommand({ TableArn: arn('orders'), S3Bucket: 'bucket', S3Prefix: 'x', ClientToken: 'token' })
    await expect(world.client.send(other)).rejects.toMatchObject({
      name: 'ExportConflictException',
      message: 'Export conflict: Duplicate request detected with conflicting parameters',
    })
    world.advance(8 * 3_600_000 + 60_000)
    const later = await exportNow(world, { S3Prefix: 'x', ClientToken: 'token' })
    expect(later.ExportArn).not.toBe(first.ExportArn)
  })

  test('holds its table though that is deleted right after the answer, and is told of by its ARN then', async () => {
    const world = await start()
    await createOrders(world)
    await put(world, ...many(100))
    const { ExportDescription } = await world.client.send(
      new ExportTableToPointInTimeCommand({ TableArn: arn('orders'), S3Bucket: 'bucket' }),
    )
    await world.client.send(new DeleteTableCommand({ TableName: 'orders' }))
    await world.ended(1)
    expect(await describeExport(world, ExportDescription?.ExportArn)).toMatchObject({ ExportStatus: 'COMPLETED', ItemCount: 100 })
    expect((await world.client.send(new ListExportsCommand({ TableArn: arn('orders') }))).ExportSummaries).toEqual([])
  })

  test('that a crash interrupted ends as failed when its table was deleted meanwhile', async () => {
    const gate = gated('write', '/data/')
    const world = await start(gate.decorate)
    await createOrders(world)
    const { ExportDescription } = await world.client.send(
      new ExportTableToPointInTimeCommand({ TableArn: arn('orders'), S3Bucket: 'bucket' }),
    )
    await gate.reached
    await world.client.send(new DeleteTableCommand({ TableName: 'orders' }))
    const crashed = world.world.crash(region)
    gate.open()
    await crashed
    await world.world.recover(region)
    await world.ended(1)
    expect(await describeExport(world, ExportDescription?.ExportArn)).toMatchObject({
      ExportStatus: 'FAILED',
      FailureCode: 'TableNotFound',
    })
  })

  test('that a crash interrupted is begun again and holds what it should', async () => {
    const gate = gated('write', '/data/')
    const world = await start(gate.decorate)
    await createOrders(world)
    await put(world, ...many(300))
    const { ExportDescription } = await world.client.send(
      new ExportTableToPointInTimeCommand({ TableArn: arn('orders'), S3Bucket: 'bucket' }),
    )
    await gate.reached
    await put(world, { pk: { S: 'later' }, sk: { N: '1' } })
    const crashed = world.world.crash(region)
    gate.open()
    await crashed
    await world.world.recover(region)
    await world.ended(1)
    const exported = await describeExport(world, ExportDescription?.ExportArn)
    expect(exported).toMatchObject({ ExportStatus: 'COMPLETED', ItemCount: 300 })
    expect(await linesOf(world, exported?.ExportManifest)).toHaveLength(300)
  })
})

describe('an incremental export', () => {
  const minutes = 60_000

  async function changed(): Promise<{ readonly world: TransferWorld; readonly from: Date; readonly to: Date }> {
    const world = await start()
    await createOrders(world)
    const at = (sk: number, text: string): Item => ({ pk: { S: 'a' }, sk: { N: String(sk) }, text: { S: text } })
    const remove = (sk: number): Promise<unknown> =>
      world.client.send(new DeleteItemCommand({ TableName: 'orders', Key: { pk: { S: 'a' }, sk: { N: String(sk) } } }))
    await put(world, at(1, 'kept'), at(2, 'old'), at(3, 'gone'))
    world.advance(minutes)
    const from = new Date(world.nowMs())
    world.advance(minutes)
    await put(world, at(2, 'between'), at(4, 'inserted'), at(5, 'passing'))
    await put(world, at(2, 'new'))
    await remove(3)
    await remove(5)
    world.advance(20 * minutes)
    const to = new Date(world.nowMs())
    world.advance(minutes)
    await put(world, at(2, 'later'), at(6, 'later'))
    return { world, from, to }
  }

  test('has one record for each item that changed, with both images', async () => {
    const { world, from, to } = await changed()
    const spec = { ExportFromTime: from, ExportToTime: to }
    const exported = await exportNow(world, { ExportType: 'INCREMENTAL_EXPORT', IncrementalExportSpecification: spec })
    expect(exported).toMatchObject({ ExportStatus: 'COMPLETED', ItemCount: 3, ExportType: 'INCREMENTAL_EXPORT' })
    expect(exported.ExportTime).toBeUndefined()
    const records = (await linesOf(world, exported.ExportManifest)).map((each) => JSON.parse(each) as Record<string, Item>)
    const images = records.map(({ Keys, OldImage, NewImage }) => [Keys?.['sk']?.N, OldImage?.['text']?.S, NewImage?.['text']?.S])
    expect(images.sort()).toEqual([
      ['2', 'old', 'new'],
      ['3', 'gone', undefined],
      ['4', undefined, 'inserted'],
    ])
    for (const { Metadata } of records) {
      const atMs = Number(Metadata?.['WriteTimestampMicros']?.N) / 1000
      expect(atMs >= from.getTime() && atMs < to.getTime()).toBe(true)
    }
    expect((await keysOf(world.objects, 'bucket', 'AWSDynamoDB/data/')).length).toBe(1)
    const summary = JSON.parse(await readFile(join(world.bucketPath, exported.ExportManifest ?? ''), 'utf8')) as object
    expect(summary).toMatchObject({ version: '2023-08-01', exportType: 'INCREMENTAL_EXPORT', outputView: 'NEW_AND_OLD_IMAGES' })
  })

  test('leaves the old images out when it is told to, also in Ion', async () => {
    const { world, from, to } = await changed()
    const spec = { ExportFromTime: from, ExportToTime: to, ExportViewType: 'NEW_IMAGE' }
    const more = { ExportType: 'INCREMENTAL_EXPORT', IncrementalExportSpecification: spec, ExportFormat: 'ION' }
    const lines = await linesOf(world, (await exportNow(world, more)).ExportManifest)
    expect(lines).toHaveLength(3)
    for (const each of lines) expect(each).toMatch(/^\$ion_1_0 \{Record:\{Metadata:\{WriteTimestampMicros:\d+(\.|d\d+)\},Keys:/)
    expect(lines.join('')).not.toContain('OldImage')
    expect(lines.filter((each) => each.includes('NewImage'))).toHaveLength(2)
  })

  test('takes windows of 15 minutes to 24 hours in the past', async () => {
    const { world, from, to } = await changed()
    const refusal = (ExportFromTime: Date, ExportToTime?: Date): Promise<unknown> => {
      const spec = { ExportFromTime, ExportToTime }
      const input = {
        TableArn: arn('orders'),
        S3Bucket: 'bucket',
        ExportType: 'INCREMENTAL_EXPORT',
        IncrementalExportSpecification: spec,
      } as const
      return world.client.send(new ExportTableToPointInTimeCommand(input)).then(
        () => 'accepted',
        (error: unknown) => `${(error as Error).name} ${(error as Error).message}`,
      )
    }
    const ahead = (date: Date, ms: number): Date => new Date(date.getTime() + ms)
    expect(await refusal(from, ahead(from, 14 * minutes))).toBe(
      'InvalidExportTimeException Difference between export period from time and export period to time is less than 15 minutes',
    )
    expect(await refusal(from, ahead(to, 60 * minutes))).toMatch(
      /^InvalidExportTimeException Incremental export period to time cannot be greater/,
    )
    expect(await refusal(ahead(from, -60 * minutes), to)).toMatch(
      /^InvalidExportTimeException Incremental export period from time cannot be less/,
    )
    world.advance(25 * 60 * minutes)
    expect(await refusal(from)).toMatch(/^InvalidExportTimeException Difference .* is greater than 24 hours$/)
  })
})

describe('an import', () => {
  test('of CSV takes all columns but keys for strings, with a header in the file or given', async () => {
    const world = await start()
    await putObject(world, 'csv/1.csv', 'pk,sk,text\na,1,"one, ""two""\nthree"\nb,02,\n')
    const S3BucketSource = { S3Bucket: 'bucket', S3KeyPrefix: 'csv/' }
    expect(await importNow(world, intoCopy({ S3BucketSource, InputFormat: 'CSV' }))).toMatchObject({
      ImportStatus: 'COMPLETED',
      ImportedItemCount: 2,
    })
    expect(await scan(world, 'copy')).toEqual([
      { pk: { S: 'a' }, sk: { N: '1' }, text: { S: 'one, "two"\nthree' } },
      { pk: { S: 'b' }, sk: { N: '2' }, text: { S: '' } },
    ])
  })

  test('of CSV with a delimiter and a given header takes the first line for an item', async () => {
    const world = await start()
    await putObject(world, 'a.csv', 'a;1;x\nb;2\nc;no number;x\nd;4;\xff\n')
    await putObject(world, 'b.csv', Buffer.concat([Buffer.from('e;5;'), Buffer.of(0xff), Buffer.from('\nf;6;x\n')]))
    const InputFormatOptions = { Csv: { Delimiter: ';', HeaderList: ['pk', 'sk', 'text'] } }
    const imported = await importNow(world, intoCopy({ InputFormat: 'CSV', InputFormatOptions }))
    expect(imported).toMatchObject({
      ImportStatus: 'FAILED',
      FailureCode: 'ItemValidationError',
      ProcessedItemCount: 6,
      ImportedItemCount: 3,
      ErrorCount: 3,
      InputFormatOptions,
    })
    expect((await scan(world, 'copy')).map(({ pk }) => pk?.S)).toEqual(['a', 'd', 'f'])
  })

  test('makes a table that is CREATING until it is filled, with its indexes', async () => {
    const gate = gated('read', 'data')
    const world = await start(gate.decorate)
    await putObject(world, 'data', [...many(50)].map((item) => line({ ...item, by: { S: `b${item['sk']?.N}` } })).join(''))
    const input = intoCopy({})
    const parameters = input.TableCreationParameters
    const { ImportTableDescription } = await world.client.send(
      new ImportTableCommand({
        ...input,
        TableCreationParameters: {
          TableName: 'copy',
          KeySchema: parameters?.KeySchema,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [...(parameters?.AttributeDefinitions ?? []), { AttributeName: 'by', AttributeType: 'S' }],
          GlobalSecondaryIndexes: [
            { IndexName: 'by-by', KeySchema: [{ AttributeName: 'by', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
          ],
          SSESpecification: { Enabled: true },
        },
      }),
    )
    await gate.reached
    const { Table } = await world.client.send(new DescribeTableCommand({ TableName: 'copy' }))
    expect(Table).toMatchObject({ TableStatus: 'CREATING', TableId: ImportTableDescription?.TableId })
    await expect(world.client.send(new PutItemCommand({ TableName: 'copy', Item: rich }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
    gate.open()
    await world.ended(1)
    const { Items } = await world.client.send(new ScanCommand({ TableName: 'copy', IndexName: 'by-by' }))
    expect(Items).toHaveLength(50)
    const told = await world.client.send(new DescribeImportCommand({ ImportArn: ImportTableDescription?.ImportArn }))
    expect(told.ImportTableDescription).toMatchObject({
      ImportStatus: 'COMPLETED',
      S3BucketSource: { S3BucketOwner: '000000000000', S3Bucket: 'bucket' },
      InputCompressionType: 'NONE',
      TableCreationParameters: { TableName: 'copy', SSESpecification: { Enabled: true } },
    })
  })

  test('counts what cannot be an item, imports the rest, and ends as failed', async () => {
    const world = await start()
    const good = (name: string): string => line({ pk: { S: name }, sk: { N: '1' } })
    await putObject(
      world,
      '1',
      good('first') + line({ pk: { S: 'no sort key' } }) + line({ pk: { N: '1' }, sk: { N: '1' } }) + good('second'),
    )
    await putObject(world, '2', line({ pk: { S: 'large' }, sk: { N: '1' }, text: { S: 'x'.repeat(401 * 1024) } }) + good('third'))
    await putObject(
      world,
      '3',
      line({ pk: { S: 'twice' }, sk: { N: '1' }, at: { S: 'a' } }) + line({ pk: { S: 'twice' }, sk: { N: '1' }, at: { S: 'b' } }),
    )
    const imported = await importNow(world, intoCopy({}))
    expect(imported).toMatchObject({
      ImportStatus: 'FAILED',
      FailureCode: 'ItemValidationError',
      FailureMessage:
        'Some of the items failed validation checks and were not imported. Please check CloudWatch error logs for more details.',
      ProcessedItemCount: 8,
      ImportedItemCount: 5,
      ErrorCount: 3,
    })
    expect((await scan(world, 'copy')).map(({ pk, at }) => [pk?.S, at?.S])).toEqual([
      ['first', undefined],
      ['second', undefined],
      ['third', undefined],
      ['twice', 'b'],
    ])
    const reasons = world.logged
      .filter(({ event }) => event === 'import-record-refused')
      .map(({ fields }) => [fields['object'], fields['record']])
    expect(reasons).toEqual([
      ['1', 2],
      ['1', 3],
      ['2', 1],
    ])
  })

  test('does not read an object on behind what is no record, and goes on with the next', async () => {
    const world = await start()
    const good = (name: string): string => line({ pk: { S: name }, sk: { N: '1' } })
    await putObject(world, '1', `${good('first')}garbage\n${good('unread')}`)
    await putObject(world, '2', Buffer.concat([Buffer.from(good('second')), Buffer.of(0xff, 0xfe, 0x0a), Buffer.from(good('unread'))]))
    await putObject(world, '3', `${good('third')}{"Other":{}}\n`)
    await putObject(world, '4', `${'['.repeat(100_000)}\n`)
    await putObject(world, '5', good('fourth'))
    expect(await importNow(world, intoCopy({}))).toMatchObject({
      ImportStatus: 'FAILED',
      ProcessedItemCount: 8,
      ImportedItemCount: 4,
      ErrorCount: 4,
    })
    expect((await scan(world, 'copy')).map(({ pk }) => pk?.S)).toEqual(['first', 'fourth', 'second', 'third'])
  })

  test('counts an object that is damaged as one error, keeping what stood before the damage', async () => {
    const world = await start()
    const text = Array.from({ length: 20_000 }, (_, at) => line({ pk: { S: `k${at}` }, sk: { N: String((at * 7919) % 10_007) } })).join('')
    const whole = gzipSync(text)
    await putObject(world, '1.gz', whole.subarray(0, whole.length >> 1))
    await putObject(world, '2.gz', 'no gzip at all')
    await putObject(world, '3.gz', gzipSync(line({ pk: { S: 'good' }, sk: { N: '1' } })))
    await putObject(world, '4.gz', '')
    const imported = await importNow(world, intoCopy({ InputCompressionType: 'GZIP' }))
    expect(imported).toMatchObject({ ImportStatus: 'FAILED', FailureCode: 'ItemValidationError', ErrorCount: 2 })
    expect(imported?.ImportedItemCount).toBeGreaterThan(1)
    expect(imported?.ImportedItemCount).toBeLessThan(20_000)
    expect(await scan(world, 'copy')).toHaveLength(imported?.ImportedItemCount ?? 0)
  })

  test('reads zstd, and counts a file of it that is cut off', async () => {
    const world = await start()
    const text = many(500).map(line).join('')
    await putObject(world, '1.zst', storedZstd(text))
    await putObject(world, '2.zst', storedZstd(text).subarray(0, 100))
    const imported = await importNow(world, intoCopy({ InputCompressionType: 'ZSTD' }))
    expect(imported).toMatchObject({ ImportStatus: 'FAILED', ProcessedItemCount: 501, ImportedItemCount: 500, ErrorCount: 1 })
  })

  test('reads no line to its end that is longer than any item, and no link out of its bucket', async () => {
    const world = await start()
    // A gigabyte that takes no place on the disk.
    await putObject(world, '1', '')
    await truncate(join(world.bucketPath, '1'), 2 ** 30)
    await putObject(world, '../elsewhere/secret', line({ pk: { S: 'secret' }, sk: { N: '1' } }))
    await symlink(join(world.bucketPath, '../elsewhere'), join(world.bucketPath, '2'))
    await symlink(join(world.bucketPath, '../elsewhere/secret'), join(world.bucketPath, '3'))
    await putObject(world, '4', line({ pk: { S: 'good' }, sk: { N: '1' } }))
    const imported = await importNow(world, intoCopy({}))
    expect(imported).toMatchObject({ ImportStatus: 'FAILED', ProcessedItemCount: 2, ImportedItemCount: 1, ErrorCount: 1 })
    expect(imported?.ProcessedSizeBytes).toBeLessThan(2 ** 25)
    expect((await scan(world, 'copy')).map(({ pk }) => pk?.S)).toEqual(['good'])
    for (const S3KeyPrefix of ['../elsewhere/', '/', 'a/../../elsewhere/']) {
      const input = intoCopy({ S3BucketSource: { S3Bucket: 'bucket', S3KeyPrefix } })
      await expect(world.client.send(new ImportTableCommand(input))).rejects.toMatchObject({ name: 'ValidationException' })
    }
  })

  test('from a bucket that is not there is accepted and fails, and there is no table', async () => {
    const world = await start()
    const imported = await importNow(world, intoCopy({ S3BucketSource: { S3Bucket: 'nowhere' } }))
    expect(imported).toMatchObject({ ImportStatus: 'FAILED', FailureCode: 'S3NoSuchBucket', ProcessedItemCount: 0, TableArn: arn('copy') })
    await expect(world.client.send(new DescribeTableCommand({ TableName: 'copy' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
  })

  test('of nothing makes an empty table', async () => {
    const world = await start()
    const S3BucketSource = { S3Bucket: 'bucket', S3KeyPrefix: 'nothing/here' }
    expect(await importNow(world, intoCopy({ S3BucketSource }))).toMatchObject({ ImportStatus: 'COMPLETED', ProcessedItemCount: 0 })
    expect(await scan(world, 'copy')).toEqual([])
  })

  test('under a token is the import that it began, while that is under way and when its table is gone', async () => {
    const gate = gated('read', 'data')
    const world = await start(gate.decorate)
    await putObject(world, 'data', line({ pk: { S: 'a' }, sk: { N: '1' } }))
    const send = (TableName: string, S3KeyPrefix?: string): Promise<string | undefined> => {
      const input = intoCopy({ ClientToken: 'token', S3BucketSource: { S3Bucket: 'bucket', S3KeyPrefix } })
      const TableCreationParameters = { ...input.TableCreationParameters, TableName } as ImportTableCommandInput['TableCreationParameters']
      return world.client
        .send(new ImportTableCommand({ ...input, TableCreationParameters }))
        .then(({ ImportTableDescription }) => ImportTableDescription?.ImportArn)
    }
    const first = await send('copy')
    await gate.reached
    expect(await send('copy')).toBe(first)
    expect(await send('copy', 'elsewhere')).toBe(first)
    await expect(send('other')).rejects.toMatchObject({
      name: 'ImportConflictException',
      message: 'Import conflict: Duplicate request detected with conflicting parameters',
    })
    gate.open()
    await world.ended(1)
    await expect(send('copy')).rejects.toMatchObject({ name: 'ResourceInUseException', message: 'Table already exists: copy' })
  })

  test('that a crash interrupted goes on where it was, and imports each item', async () => {
    const gate = gated('read', 'data/2')
    const world = await start(gate.decorate)
    const items = many(9000)
    await putObject(world, 'data/1', items.slice(0, 5000).map(line).join(''))
    await putObject(world, 'data/2', `${line({ pk: { S: 'no sort key' } })}${items.slice(5000).map(line).join('')}`)
    const { ImportTableDescription } = await world.client.send(new ImportTableCommand(intoCopy({})))
    await gate.reached
    const told = await world.client.send(new DescribeImportCommand({ ImportArn: ImportTableDescription?.ImportArn }))
    expect(told.ImportTableDescription).toMatchObject({ ImportStatus: 'IN_PROGRESS' })
    expect(told.ImportTableDescription?.ProcessedItemCount).toBeGreaterThan(0)
    const crashed = world.world.crash(region)
    gate.open()
    await crashed
    await world.world.recover(region)
    await world.ended(1)
    expect(world.logged.some(({ event }) => event === 'import-resumed')).toBe(true)
    const after = await world.client.send(new DescribeImportCommand({ ImportArn: ImportTableDescription?.ImportArn }))
    expect(after.ImportTableDescription).toMatchObject({
      ImportStatus: 'FAILED',
      ProcessedItemCount: 9001,
      ImportedItemCount: 9000,
      ErrorCount: 1,
    })
    const bytes = (await readFile(join(world.bucketPath, 'data/1'))).length + (await readFile(join(world.bucketPath, 'data/2'))).length
    expect(after.ImportTableDescription?.ProcessedSizeBytes).toBe(bytes)
    expect(await scan(world, 'copy')).toEqual(sorted(items))
  })
})

describe('exports and imports', () => {
  test('are listed page by page, the newest first, and told by their ARNs alone', async () => {
    const world = await start()
    await createOrders(world)
    const arns: (string | undefined)[] = []
    for (let at = 0; at < 12; at++) {
      arns.unshift((await exportNow(world)).ExportArn)
      world.advance(1)
    }
    const first = await world.client.send(new ListExportsCommand({}))
    expect(first.ExportSummaries?.map(({ ExportArn }) => ExportArn)).toEqual(arns.slice(0, 10))
    const second = await world.client.send(new ListExportsCommand({ NextToken: first.NextToken, TableArn: arn('orders') }))
    expect(second.ExportSummaries?.map(({ ExportArn }) => ExportArn)).toEqual(arns.slice(10))
    expect(second.NextToken).toBeUndefined()
    await expect(world.client.send(new ListImportsCommand({ NextToken: first.NextToken }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: `Invalid Request: Provided nextToken is invalid: ${first.NextToken}`,
    })
    const imported = await importNow(world, intoCopy({ S3BucketSource: { S3Bucket: 'bucket', S3KeyPrefix: 'none' } }))
    const list = await world.client.send(new ListImportsCommand({ TableArn: arn('copy') }))
    expect(list.ImportSummaryList).toMatchObject([{ ImportArn: imported?.ImportArn, ImportStatus: 'COMPLETED' }])
    const gone = `${arn('orders')}/export/0`
    await expect(describeExport(world, gone)).rejects.toMatchObject({
      name: 'ExportNotFoundException',
      message: `Export not found: Export not found: ${gone}`,
    })
    await expect(describeExport(world, imported?.ImportArn)).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Invalid Export ARN',
    })
    const { client } = world
    await expect(client.send(new DescribeImportCommand({ ImportArn: `${arn('copy')}/import/0` }))).rejects.toMatchObject({
      name: 'ImportNotFoundException',
    })
  })
})

/** Stops the first read or write of an object whose key holds `part`, until it is opened. */
function gated(
  what: 'read' | 'write',
  part: string,
): { decorate(this: void, plain: ObjectStore): ObjectStore; readonly reached: Promise<void>; open(): void } {
  let reach: () => void = () => undefined
  let open: () => void = () => undefined
  const reached = new Promise<void>((resolve) => (reach = resolve))
  const opened = new Promise<void>((resolve) => (open = resolve))
  const pass = async (kind: string, key: string): Promise<void> => {
    if (kind !== what || !key.includes(part)) return
    reach()
    await opened
  }
  return {
    reached,
    open: () => open(),
    decorate: (plain) => ({
      hasBucket: (bucket) => plain.hasBucket(bucket),
      list: (bucket, prefix) => plain.list(bucket, prefix),
      async *read(bucket, key) {
        await pass('read', key)
        yield* plain.read(bucket, key)
      },
      async write(bucket, key, content) {
        await pass('write', key)
        await plain.write(bucket, key, content)
      },
    }),
  }
}
