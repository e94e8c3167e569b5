import { accountOf } from '../../../base/account-region.ts'
import type { WireError } from '../../wire-error.ts'
import { accessDenied, resourceNotFound, validationError } from '../../wire-error.ts'
import { parseTableArn } from '../arn.ts'
import type { CallContext } from '../operation.ts'

/**
 * The table behind the `ResourceArn` of a tagging operation. Which exception comes depends on which part of the ARN is wrong, and
 * the account is looked at before the Region (observed on AWS, 2026-07 and 2026-10).
 */
export function taggedTable(context: CallContext, operation: string, arn: string): string | WireError {
  if (!arn.startsWith('arn:')) return validationError(`${invalid}ARNs must start with 'arn:': ${arn}`)
  if (!/^arn:[^:]*:dynamodb:/.test(arn)) return denied(context, operation, arn)
  const parsed = parseTableArn(arn)
  if (parsed === undefined) {
    return validationError(
      /:table\/[^/]+\/index\//.test(arn)
        ? `${invalid}Invalid resource arn provided, only table or stream is accepted. Provided resource arn: ${arn}`
        : `${invalid}Provided Arn is not a DynamoDB resource arn: ${arn}`,
    )
  }
  if (parsed.account !== accountOf(context.region)) return denied(context, operation, arn)
  return parsed.region === context.region
    ? parsed.tableName
    : validationError(`Invalid TableArn: Invalid ResourceArn provided as input ${arn}`)
}

const invalid = 'One or more parameter values were invalid: '

export function taggedTableGone(arn: string): WireError {
  return resourceNotFound(`Requested resource not found: ResourceArn: ${arn} not found`)
}

function denied({ region }: CallContext, operation: string, arn: string): WireError {
  return accessDenied(
    `User: arn:aws:iam::${accountOf(region)}:root is not authorized to perform: dynamodb:${operation} on resource: ${arn}`,
  )
}
