import { DescribeTableCommand, ListExportsCommand, ListImportsCommand } from '@aws-sdk/client-dynamodb'
import type { ExportTableToPointInTimeCommandInput, ImportTableCommandInput } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { useEndpoint, useTable } from './endpoint.ts'
import { refusalOf } from './refusal.ts'

/** What exports and imports answer before they would need a bucket. */
const endpoint = useEndpoint()
const table = useTable(endpoint, 'transfers', 'pk S')

const arn = async (): Promise<string> => (await endpoint.client.send(new DescribeTableCommand({ TableName: table }))).Table?.TableArn ?? ''

describe('exports', () => {
  const refused = async (more: Partial<ExportTableToPointInTimeCommandInput>) =>
    refusalOf(endpoint, 'ExportTableToPointInTime', { TableArn: await arn(), S3Bucket: 'a-bucket', ...more })

  it('need point-in-time recovery, and a table that is there', async () => {
    expect(await refused({})).toMatchObject({
      name: 'PointInTimeRecoveryUnavailableException',
      message: `Point in time recovery is not enabled for table '${table}'`,
    })
    const none = (await arn()).replace(table, 'no-such-table')
    expect(await refused({ TableArn: none })).toMatchObject({ name: 'TableNotFoundException', message: `Table not found: ${none}` })
    expect(await refused({ TableArn: table })).toMatchObject({
      name: 'ValidationException',
      message: 'One or more parameter values were invalid: tableArn is not a valid ARN',
    })
  })

  it('are full or incremental, and name what the other kind has not', async () => {
    const spec = { IncrementalExportSpecification: {} }
    const message = (text: string) => ({ name: 'ValidationException', message: `Invalid Request: ${text}` })
    expect(await refused(spec)).toMatchObject(
      message('Export Type expected to be Incremental Export when incremental export specification is provided'),
    )
    expect(await refused({ ...spec, ExportType: 'FULL_EXPORT' })).toMatchObject(
      message('When Export Type is Full Export , Incremental Export Specification should not be provided'),
    )
    expect(await refused({ ...spec, ExportType: 'INCREMENTAL_EXPORT' })).toMatchObject(
      message('ExportFromTime must be provided in IncrementalExportSpecification'),
    )
    expect(await refused({ ExportType: 'INCREMENTAL_EXPORT' })).toMatchObject(
      message('Incremental Export Specification expected when export type is set as Incremental Export'),
    )
    expect(await refused({ S3SseKmsKeyId: 'some-key' })).toMatchObject(message('KMS Key Id is not supported for this encryption type'))
  })

  it('that are not there are not found', async () => {
    const none = `${await arn()}/export/01791506414432-3f2e5aa4`
    const describing = (ExportArn: string) => refusalOf(endpoint, 'DescribeExport', { ExportArn })
    expect(await describing(none)).toMatchObject({
      name: 'ExportNotFoundException',
      message: `Export not found: Export not found: ${none}`,
    })
    expect(await describing(await arn())).toMatchObject({ name: 'ValidationException', message: 'Invalid Export ARN' })
    expect((await endpoint.client.send(new ListExportsCommand({ TableArn: await arn() }))).ExportSummaries).toEqual([])
  })
})

describe('imports', () => {
  const refused = (more: Partial<ImportTableCommandInput>) => {
    const input: ImportTableCommandInput = {
      S3BucketSource: { S3Bucket: 'a-bucket' },
      InputFormat: 'DYNAMODB_JSON',
      TableCreationParameters: {
        TableName: `${table}-copy`,
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      },
      ...more,
    }
    return refusalOf(endpoint, 'ImportTable', input)
  }

  it('make a table by the rules of tables, and take options of their format only', async () => {
    expect(await refused({})).toMatchObject({
      name: 'ValidationException',
      message:
        'One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED',
    })
    expect(await refused({ InputFormatOptions: { Csv: { Delimiter: ';' } } })).toMatchObject({
      name: 'ValidationException',
      message: 'Invalid Request: Unsupported InputFormatOptions for the given input format: DYNAMODB_JSON.',
    })
  })

  it('that are not there are not found', async () => {
    const describing = (ImportArn: string) => refusalOf(endpoint, 'DescribeImport', { ImportArn })
    expect(await describing(`${await arn()}/import/01658528578619-c4d4e311`)).toMatchObject({ name: 'ImportNotFoundException' })
    expect(await describing(await arn())).toMatchObject({ name: 'ValidationException', message: 'Invalid Import ARN' })
    expect((await endpoint.client.send(new ListImportsCommand({ TableArn: await arn() }))).ImportSummaryList).toEqual([])
  })
})
