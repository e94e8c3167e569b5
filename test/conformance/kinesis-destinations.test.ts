import { DescribeKinesisStreamingDestinationCommand, DescribeTableCommand } from '@aws-sdk/client-dynamodb'
import { beforeAll, describe, expect, it } from 'vitest'
import { useEndpoint, useTable } from './endpoint.ts'
import { refusalOf, validation } from './refusal.ts'

const endpoint = useEndpoint()
const TableName = useTable(endpoint, 'kinesis', 'pk S')
let StreamArn = ''
beforeAll(async () => {
  const { Table } = await endpoint.client.send(new DescribeTableCommand({ TableName }))
  const [, , , region = '', account = ''] = Table?.TableArn?.split(':') ?? []
  StreamArn = `arn:aws:kinesis:${region}:${account}:stream/${TableName}`
})

const state = 'Table is not in a valid state to enable Kinesis Streaming Destination: '

/** A stream that is there is not needed for these, and on AWS there is none. */
describe('a Kinesis destination', () => {
  it('is not there until it is put on, and only what is on can be put off or changed', async () => {
    const described = await endpoint.client.send(new DescribeKinesisStreamingDestinationCommand({ TableName }))
    expect(described).toMatchObject({ TableName, KinesisDataStreamDestinations: [] })
    expect(await refusalOf(endpoint, 'DisableKinesisStreamingDestination', { TableName, StreamArn })).toEqual(
      validation(`${state}KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.`),
    )
    const EnableKinesisStreamingConfiguration = { ApproximateCreationDateTimePrecision: 'MICROSECOND' }
    expect(
      await refusalOf(endpoint, 'DisableKinesisStreamingDestination', { TableName, StreamArn, EnableKinesisStreamingConfiguration }),
    ).toEqual(validation('Stream cannot be disabled using EnableKinesisStreamingConfiguration parameters'))
    expect(await refusalOf(endpoint, 'UpdateKinesisStreamingDestination', { TableName, StreamArn })).toEqual(
      validation(
        'Streaming destination cannot be updated with given parameters: ' +
          'UpdateKinesisStreamingConfiguration cannot be null or contain only null values',
      ),
    )
  })

  it('is of a table that is there', async () => {
    const missing = endpoint.name('kinesis-missing')
    for (const operation of ['EnableKinesisStreamingDestination', 'DisableKinesisStreamingDestination'] as const) {
      expect(await refusalOf(endpoint, operation, { TableName: missing, StreamArn })).toEqual({
        name: 'ResourceNotFoundException',
        message: `Requested resource not found: Table: ${missing} not found`,
      })
    }
  })
})
