import type { WireError } from '../../wire-error.ts'
import { dynamodbError, validationError } from '../../wire-error.ts'

/** What backups and restores are refused with. The texts were observed on AWS, 2026-10, where a comment does not say otherwise. */

export function tableNotFound(tableName: string): WireError {
  return dynamodbError('TableNotFoundException', `Table not found: ${tableName}`)
}

export function backupNotFound(arn: string): WireError {
  return dynamodbError('BackupNotFoundException', `Backup not found: ${arn}`)
}

export function backupInUse(message: string): WireError {
  return dynamodbError('BackupInUseException', message)
}

/** The text is a guess: with small tables nobody has been fast enough to see it. */
export function backupUnfinished(arn: string): WireError {
  return backupInUse(`Backup is being created: ${arn}`)
}

/** Of a source in another Region; with the encryption that DynamoDB asks for then, it is not there yet. */
export function crossRegion(sseSpecificationOverride: object | undefined): WireError {
  if (sseSpecificationOverride !== undefined) return validationError('everywrite does not support cross-region restores yet')
  return invalidRequest('sseSpecificationOverride must be provided for cross-region restores')
}

export function invalidRequest(message: string): WireError {
  return validationError(`Invalid Request: ${message}`)
}
