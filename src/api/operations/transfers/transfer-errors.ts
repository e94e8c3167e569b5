import type { WireError } from '../../wire-error.ts'

/** What exports and imports are refused with. The names and texts were observed on AWS, 2026-10, where nothing else is said. */
export function tableNotFound(tableArn: string): WireError {
  return exception('TableNotFoundException', `Table not found: ${tableArn}`)
}

export function recoveryUnavailable(tableName: string): WireError {
  return exception('PointInTimeRecoveryUnavailableException', `Point in time recovery is not enabled for table '${tableName}'`)
}

export function invalidExportTime(message: string): WireError {
  return exception('InvalidExportTimeException', message)
}

export const exportConflict: WireError = exception(
  'ExportConflictException',
  'Export conflict: Duplicate request detected with conflicting parameters',
)

export const importConflict: WireError = exception(
  'ImportConflictException',
  'Import conflict: Duplicate request detected with conflicting parameters',
)

export function exportNotFound(why: string): WireError {
  return exception('ExportNotFoundException', `Export not found: ${why}`)
}

export function importNotFound(why: string): WireError {
  return exception('ImportNotFoundException', `Import not found: ${why}`)
}

/** The text is a guess. */
export function tooManyJobs(kind: 'exports' | 'imports', most: number): WireError {
  return exception('LimitExceededException', `Limit exceeded: at most ${most} ${kind} can be in progress at a time`)
}

function exception(name: string, message: string): WireError {
  return { exception: `com.amazonaws.dynamodb.v20120810#${name}`, status: 400, message, textMember: 'message' }
}
