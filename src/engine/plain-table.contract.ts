import type { Table } from './table.ts'
import { noOwnSettings, onDemandSettings } from './table.ts'

/** For tests: a table with one key and nothing else. */
export const plainTable: Table = {
  number: 1,
  name: 'users',
  id: 'id',
  globalId: 'id',
  status: 'ACTIVE',
  createdAtMs: 0,
  schema: { partition: { name: 'pk', type: 'S' }, sort: undefined },
  attributeDefinitions: [{ name: 'pk', type: 'S' }],
  settings: onDemandSettings(0),
  tags: {},
  own: noOwnSettings,
  indexes: [],
  expiry: undefined,
  streams: [],
  derivedSetsMade: 0,
  filling: undefined,
  logReaders: [],
  ordered: false,
}
