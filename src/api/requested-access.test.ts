import { defaultAccount } from '../base/account-region.ts'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { knownActions, requestedAccess } from './requested-access.ts'
import type { OperationName } from './service-model.ts'
import { inputShapes, streamInputShapes } from './service-model.ts'

const arn = 'arn:aws:dynamodb:eu-west-1:000000000000:table/Orders'
const stream = `${arn}/stream/2026-11-24T08:15:30.123`
const backup = `${arn}/backup/01700000000000-abcdef12`

function wanted(operation: OperationName, input: unknown): readonly string[] {
  return requestedAccess('eu-west-1', operation, input, defaultAccount).map(
    ({ action, region, resource }) => `${action} ${region === 'eu-west-1' ? '' : `in ${region} `}on ${resource}`,
  )
}

describe('what a request would do', () => {
  it.each<[OperationName, object | null, readonly string[]]>([
    ['GetItem', { TableName: 'Orders' }, ['GetItem on table/Orders']],
    ['PutItem', { TableName: arn }, ['PutItem on table/Orders']],
    ['PutItem', { TableName: 'Orders', Statement: 'SELECT * FROM Secrets' }, ['PutItem on table/Orders']],
    ['Query', { TableName: 'Orders', IndexName: 'by-day' }, ['Query on table/Orders/index/by-day']],
    ['Scan', { TableName: arn, IndexName: 'by-day' }, ['Scan on table/Orders/index/by-day']],
    ['BatchGetItem', { RequestItems: { Orders: {}, [arn]: {} } }, ['BatchGetItem on table/Orders', 'BatchGetItem on table/Orders']],
    ['BatchWriteItem', { RequestItems: { Orders: [], Users: [] } }, ['BatchWriteItem on table/Orders', 'BatchWriteItem on table/Users']],
    ['TransactGetItems', { TransactItems: [{ Get: { TableName: 'Orders' } }] }, ['GetItem on table/Orders']],
    [
      'TransactWriteItems',
      {
        TransactItems: [
          { Put: { TableName: 'a' } },
          { Update: { TableName: 'b' } },
          { Delete: { TableName: 'c' }, ConditionCheck: { TableName: 'd' } },
          { Put: null, Nonsense: { TableName: 'e' }, toString: {} },
        ],
      },
      ['PutItem on table/a', 'UpdateItem on table/b', 'DeleteItem on table/c', 'ConditionCheckItem on table/d'],
    ],
    ['ExecuteStatement', { Statement: 'SELECT * FROM "Orders"."by-day" WHERE pk = ?' }, ['PartiQLSelect on table/Orders/index/by-day']],
    ['ExecuteStatement', { Statement: `INSERT INTO "${arn}" VALUE {'pk': 1}` }, ['PartiQLInsert on table/Orders']],
    [
      'BatchExecuteStatement',
      { Statements: [{ Statement: 'DELETE FROM a WHERE pk = 1' }, { Statement: 'UPDATE b SET c = 1 WHERE pk = 1' }] },
      ['PartiQLDelete on table/a', 'PartiQLUpdate on table/b'],
    ],
    ['ExecuteTransaction', { TransactStatements: [{ Statement: 'EXISTS(SELECT * FROM a WHERE pk = 1)' }] }, ['PartiQLSelect on table/a']],
    ['ListTables', {}, ['ListTables on table/*']],
    ['DescribeLimits', null, ['DescribeLimits on table/*']],
    ['ListStreams', { TableName: 'Orders' }, ['ListStreams on table/Orders/stream/*']],
    ['ListStreams', {}, ['ListStreams on table/*/stream/*']],
    ['DescribeStream', { StreamArn: stream }, ['DescribeStream on table/Orders/stream/2026-11-24T08:15:30.123']],
    ['GetRecords', { ShardIterator: `${stream}|1|AAAA` }, ['GetRecords on table/Orders/stream/2026-11-24T08:15:30.123']],
    ['GetRecords', { ShardIterator: 'Orders' }, ['GetRecords on table/*']],
    ['CreateBackup', { TableName: 'Orders', BackupName: 'b' }, ['CreateBackup on table/Orders']],
    ['DeleteBackup', { BackupArn: backup }, ['DeleteBackup on table/Orders/backup/01700000000000-abcdef12']],
    ['DescribeBackup', { BackupArn: backup }, ['DescribeBackup on table/Orders/backup/01700000000000-abcdef12']],
    ['ListBackups', { TableName: arn }, ['ListBackups on table/Orders']],
    ['ListBackups', {}, ['ListBackups on table/*']],
    ['UpdateContinuousBackups', { TableName: 'Orders' }, ['UpdateContinuousBackups on table/Orders']],
    ['DescribeContinuousBackups', { TableName: 'Orders' }, ['DescribeContinuousBackups on table/Orders']],
    ['ExportTableToPointInTime', { TableArn: arn }, ['ExportTableToPointInTime on table/Orders']],
    ['DescribeExport', { ExportArn: `${arn}/export/0170` }, ['DescribeExport on table/Orders/export/0170']],
    ['ImportTable', { TableCreationParameters: { TableName: 'Orders' } }, ['ImportTable on table/Orders']],
    ['PutResourcePolicy', { ResourceArn: stream }, ['PutResourcePolicy on table/Orders/stream/2026-11-24T08:15:30.123']],
    ['TagResource', { ResourceArn: arn }, ['TagResource on table/Orders']],
    ['UpdateGlobalTable', { GlobalTableName: 'Orders' }, ['UpdateGlobalTable on global-table/Orders']],
    [
      'UpdateTable',
      { TableName: 'Orders', ReplicaUpdates: [{ Delete: { RegionName: 'us-east-1' } }] },
      ['UpdateTable on table/Orders', 'DeleteTableReplica in us-east-1 on table/Orders', 'DeleteTable in us-east-1 on table/Orders'],
    ],
    [
      'UpdateTable',
      { TableName: 'Orders', GlobalTableWitnessUpdates: [{ Create: { RegionName: 'us-east-1' } }] },
      ['UpdateTable on table/Orders', 'CreateGlobalTableWitness in us-east-1 on table/Orders'],
    ],
  ])('%s %j', (operation, input, wants) => {
    expect(wanted(operation, input)).toEqual(wants)
  })

  it('to restore a table is to fill it, item by item', () => {
    const filled = ['BatchWriteItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'Scan', 'UpdateItem'].map(
      (name) => `${name} on table/Copy`,
    )
    expect(wanted('RestoreTableFromBackup', { BackupArn: backup, TargetTableName: 'Copy' })).toEqual([
      'RestoreTableFromBackup on table/Orders/backup/01700000000000-abcdef12',
      'RestoreTableFromBackup on table/Copy',
      ...filled,
    ])
    const both = { SourceTableName: 'Orders', SourceTableArn: arn.replace('Orders', 'Secrets'), TargetTableName: 'Copy' }
    expect(wanted('RestoreTableToPointInTime', both)).toEqual([
      ...['Orders', 'Secrets', 'Copy'].map((table) => `RestoreTableToPointInTime on table/${table}`),
      ...filled,
    ])
  })

  it('to make a replica is to make and fill a table in its Region', () => {
    const input = { TableName: 'Orders', ReplicaUpdates: [{ Create: { RegionName: 'us-east-1' } }] }
    expect(wanted('UpdateTable', input).slice(0, 4)).toEqual([
      'UpdateTable on table/Orders',
      'CreateTableReplica in us-east-1 on table/Orders',
      'CreateTable in us-east-1 on table/Orders',
      'BatchWriteItem in us-east-1 on table/Orders',
    ])
  })
})

test('what names no table asks for all of them', () => {
  for (const input of [{}, null, 'x', { TableName: 5 }, { TableName: '' }]) expect(wanted('PutItem', input)).toEqual(['PutItem on table/*'])
})

test('what cannot be read asks for nothing, for it will be refused', () => {
  for (const input of [{ Statement: 'SELECT' }, { Statements: 'x' }, {}]) expect(wanted('ExecuteStatement', input)).toEqual([])
  expect(wanted('BatchExecuteStatement', { Statements: [{ Statement: 'SELECT' }, { Statement: 'SELECT * FROM a' }, 5, {}] })).toEqual([
    'PartiQLSelect on table/a',
  ])
  expect(wanted('TransactWriteItems', { TransactItems: [5, null, {}] })).toEqual([])
})

test('every operation asks for known actions only, of any input', () => {
  const actions = knownActions()
  const operations = [...Object.keys(inputShapes), ...Object.keys(streamInputShapes)] as OperationName[]
  fc.assert(
    fc.property(fc.constantFrom(...operations), fc.jsonValue(), (operation, input) => {
      for (const { action, resource } of requestedAccess('eu-west-1', operation, input, defaultAccount)) {
        expect(actions.has(action)).toBe(true)
        expect(resource).toMatch(/^(global-)?table\//)
      }
    }),
  )
  expect(actions.has('TransactWriteItems')).toBe(false)
})
