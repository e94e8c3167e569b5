import type { WireError } from '../../wire-error.ts'
import { dynamodbError } from '../../wire-error.ts'

/** What exports and imports are refused with. The names and texts were observed on AWS, 2026-10, where nothing else is said. */
export function recoveryUnavailable(tableName: string): WireError {
  return dynamodbError('PointInTimeRecoveryUnavailableException', `Point in time recovery is not enabled for table '${tableName}'`)
}

export function invalidExportTime(message: string): WireError {
  return dynamodbError('InvalidExportTimeException', message)
}

export const exportConflict: WireError = dynamodbError(
  'ExportConflictException',
  'Export conflict: Duplicate request detected with conflicting parameters',
)

export const importConflict: WireError = dynamodbError(
  'ImportConflictException',
  'Import conflict: Duplicate request detected with conflicting parameters',
)

export function exportNotFound(why: string): WireError {
  return dynamodbError('ExportNotFoundException', `Export not found: ${why}`)
}

export function importNotFound(why: string): WireError {
  return dynamodbError('ImportNotFoundException', `Import not found: ${why}`)
}

/** The text is a guess. */
export function tooManyJobs(kind: 'exports' | 'imports', most: number): WireError {
  return dynamodbError('LimitExceededException', `Limit exceeded: at most ${most} ${kind} can be in progress at a time`)
}
