import { accountOf } from '../../../base/account-region.ts'
import type { BackupName } from '../../../engine/backup.ts'
import type { CallContext } from '../operation.ts'
import type { WireError } from '../../wire-error.ts'
import { accessDenied, validationError } from '../../wire-error.ts'
import { parseTableArn, tableArn } from '../arn.ts'

/** A backup as clients name it: `arn:aws:dynamodb:eu-west-1:000000000000:table/Orders/backup/01791504762511-2779fadd`. */
export interface BackupArn extends BackupName {
  readonly region: string
}

export function backupArn(region: string, { id, tableName }: BackupName): string {
  return `${tableArn(region, tableName)}/backup/${id}`
}

/** The texts, and that the account is looked at last, observed on AWS, 2026-10. */
export function parseBackupArn({ region }: Pick<CallContext, 'region'>, text: string): BackupArn | WireError {
  const at = text.lastIndexOf('/backup/')
  if (at < 0) return validationError('Invalid Backup ARN')
  const table = parseTableArn(text.slice(0, at))
  const id = text.slice(at + '/backup/'.length)
  if (table === undefined || !/^[0-9]{14}-[0-9a-f]{8}$/.test(id)) return validationError('Invalid Request: BackupArn is not valid')
  if (table.account !== accountOf(region)) return accessDenied('Access is denied')
  return { region: table.region, tableName: table.tableName, id }
}
