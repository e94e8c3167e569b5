import { describeExport } from './describe-export.ts'
import { describeImport } from './describe-import.ts'
import { exportTableToPointInTime } from './export-table-to-point-in-time.ts'
import { importTable } from './import-table.ts'
import { listExports } from './list-exports.ts'
import { listImports } from './list-imports.ts'

/** Exports and imports. */
export const transferOperations = {
  DescribeExport: describeExport,
  DescribeImport: describeImport,
  ExportTableToPointInTime: exportTableToPointInTime,
  ImportTable: importTable,
  ListExports: listExports,
  ListImports: listImports,
} as const
