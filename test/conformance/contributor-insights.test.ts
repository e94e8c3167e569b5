import {
  DescribeContributorInsightsCommand,
  ListContributorInsightsCommand,
  UpdateContributorInsightsCommand,
} from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { useEndpoint, useTable } from './endpoint.ts'
import { refusalOf } from './refusal.ts'

const endpoint = useEndpoint()
const TableName = useTable(endpoint, 'insights', 'pk S, sk N')

const described = () => endpoint.client.send(new DescribeContributorInsightsCommand({ TableName }))
const update = (ContributorInsightsAction: 'ENABLE' | 'DISABLE') =>
  endpoint.client.send(new UpdateContributorInsightsCommand({ TableName, ContributorInsightsAction }))
const listed = async () => (await endpoint.client.send(new ListContributorInsightsCommand({ TableName }))).ContributorInsightsSummaries

describe('contributor insights', () => {
  it('are off until they are put on, with four rules for a table with a sort key', async () => {
    const { $metadata: _metadata, ...fresh } = await described()
    expect(fresh).toEqual({ TableName, ContributorInsightsStatus: 'DISABLED' })
    expect(await listed()).toEqual([])
    expect((await update('DISABLE')).ContributorInsightsStatus).toBe('DISABLED')
    expect(await update('ENABLE')).toMatchObject({
      TableName,
      ContributorInsightsStatus: 'ENABLING',
      ContributorInsightsMode: 'ACCESSED_AND_THROTTLED_KEYS',
    })
    await expect.poll(async () => (await described()).ContributorInsightsStatus, { timeout: 60_000 }).toBe('ENABLED')
    const { ContributorInsightsRuleList: rules = [] } = await described()
    expect(rules.map((rule) => rule.replace(/-\d+$/, '')).sort()).toEqual(
      ['PKC', 'PKT', 'SKC', 'SKT'].map((measure) => `DynamoDBContributorInsights-${measure}-${TableName}`),
    )
    expect(await listed()).toEqual([
      { TableName, ContributorInsightsStatus: 'ENABLED', ContributorInsightsMode: 'ACCESSED_AND_THROTTLED_KEYS' },
    ])
    expect((await update('ENABLE')).ContributorInsightsStatus).toBe('ENABLED')
    expect((await update('DISABLE')).ContributorInsightsStatus).toBe('DISABLING')
    await expect.poll(async () => (await described()).ContributorInsightsStatus, { timeout: 60_000 }).toBe('DISABLED')
    expect(await listed()).toEqual([])
  })

  it('are of a table or a global index that is there', async () => {
    expect(await refusalOf(endpoint, 'DescribeContributorInsights', { TableName, IndexName: 'ghost' })).toEqual({
      name: 'ResourceNotFoundException',
      message: `Requested resource not found: Index: ghost not found for table: ${TableName}`,
    })
    const missing = endpoint.name('insights-missing')
    expect(await refusalOf(endpoint, 'DescribeContributorInsights', { TableName: missing })).toEqual({
      name: 'ResourceNotFoundException',
      message: `Requested resource not found: Table: ${missing} not found`,
    })
  })
})
