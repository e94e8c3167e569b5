import { accountOf } from '../../../base/account-region.ts'
import type { WireError } from '../../wire-error.ts'
import { accessDenied, validationError } from '../../wire-error.ts'
import { parseTableArn } from '../arn.ts'
import type { CallContext } from '../operation.ts'
import { exportNotFound, importNotFound } from './transfer-errors.ts'

/** An export or import by its ARN: `…:table/Orders/export/01693685827463-2d8752fd`. */
export interface NamedJob {
  readonly id: string
  readonly tableName: string
}

const notFoundBy = { export: exportNotFound, import: importNotFound } as const
const nameOf = { export: 'Export', import: 'Import' } as const

/** Which exception comes depends on which part of the ARN is wrong (observed on AWS, 2026-10). */
export function jobNamed({ region }: CallContext, kind: 'export' | 'import', arn: string): NamedJob | WireError {
  const [tableArn = '', id, ...rest] = arn.split(`/${kind}/`)
  const parsed = parseTableArn(tableArn)
  if (parsed === undefined || id === undefined || rest.length > 0 || id.includes('/')) return validationError(`Invalid ${nameOf[kind]} ARN`)
  if (parsed.account !== accountOf(region)) return accessDenied('Access is denied')
  if (parsed.region !== region) return notFoundBy[kind](`Invalid ${kind} arn`)
  return { id, tableName: parsed.tableName }
}

export function jobGone(kind: 'export' | 'import', arn: string): WireError {
  return notFoundBy[kind](`${nameOf[kind]} not found: ${arn}`)
}

/**
 * The table behind a `TableArn`. The Region that it names is not looked at but as a part of the name (observed on AWS, 2026-10).
 * @returns its name; undefined when the ARN is of another Region
 */
export function tableNamedByArn({ region }: CallContext, arn: string): { readonly tableName: string | undefined } | WireError {
  if (!arn.startsWith('arn:')) return validationError('One or more parameter values were invalid: tableArn is not a valid ARN')
  const parsed = parseTableArn(arn)
  if (parsed === undefined) return validationError('Invalid Request: Table ARN is invalid.')
  if (parsed.account !== accountOf(region)) return accessDenied('Access is denied')
  return { tableName: parsed.region === region ? parsed.tableName : undefined }
}
