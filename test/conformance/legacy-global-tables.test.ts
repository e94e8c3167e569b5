import { expect, it } from 'vitest'
import { useEndpoint, useTable } from './endpoint.ts'
import { refusalOf, validation } from './refusal.ts'

/** Global tables of version 2017.11.29: nobody can make one, and these answers do not depend on what tables there are. */
const endpoint = useEndpoint()
const table = useTable(endpoint, 'legacy-global', 'pk S')
const absent = 'conformance-nowhere'
const ReplicationGroup = [{ RegionName: 'us-east-1' }, { RegionName: 'us-west-2' }]

it('makes no legacy global table', async () => {
  const refusal = validation(
    'One or more parameter values were invalid: DynamoDB global tables version 2017.11.29 is not supported. ' +
      'We recommend using DynamoDB global tables version 2019.11.21, instead of version 2017.11.29 (Legacy).',
  )
  for (const GlobalTableName of [table, absent]) {
    expect(await refusalOf(endpoint, 'CreateGlobalTable', { GlobalTableName, ReplicationGroup })).toEqual(refusal)
    const ReplicaUpdates = [{ Create: { RegionName: 'us-west-2' } }]
    expect(await refusalOf(endpoint, 'UpdateGlobalTable', { GlobalTableName, ReplicaUpdates })).toEqual(refusal)
  }
})

it('finds no legacy global table', async () => {
  for (const GlobalTableName of [table, absent]) {
    const name = 'GlobalTableNotFoundException'
    const message = `Global table with name: '${GlobalTableName}' does not exist.`
    const longer = `Global table not found: ${message}`
    expect(await refusalOf(endpoint, 'DescribeGlobalTable', { GlobalTableName })).toEqual({ name, message: longer })
    expect(await refusalOf(endpoint, 'DescribeGlobalTableSettings', { GlobalTableName })).toEqual({ name, message })
    const GlobalTableBillingMode = 'PAY_PER_REQUEST'
    expect(await refusalOf(endpoint, 'UpdateGlobalTableSettings', { GlobalTableName, GlobalTableBillingMode })).toEqual({ name, message })
  }
})

it('lists no legacy global tables, and breaks at a Region that does not exist', async () => {
  expect((await endpoint.raw('ListGlobalTables', {})).body).toEqual({ GlobalTables: [] })
  const broken = await endpoint.raw('ListGlobalTables', { RegionName: 'us-fake-9' })
  expect(broken.status).toBe(500)
  expect(broken.body).toMatchObject({ __type: expect.stringMatching(/#InternalServerError$/) as string })
})
