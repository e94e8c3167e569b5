import type { Operation } from '../operation.ts'
import { createGlobalTable } from './create-global-table.ts'
import { describeGlobalTable } from './describe-global-table.ts'
import { describeGlobalTableSettings } from './describe-global-table-settings.ts'
import { listGlobalTables } from './list-global-tables.ts'
import { updateGlobalTable } from './update-global-table.ts'
import { updateGlobalTableSettings } from './update-global-table-settings.ts'

/** Global tables of the legacy version 2017.11.29. */
export const globalTableOperations = {
  CreateGlobalTable: createGlobalTable,
  DescribeGlobalTable: describeGlobalTable,
  DescribeGlobalTableSettings: describeGlobalTableSettings,
  ListGlobalTables: listGlobalTables,
  UpdateGlobalTable: updateGlobalTable,
  UpdateGlobalTableSettings: updateGlobalTableSettings,
} satisfies Readonly<Record<string, Operation>>
