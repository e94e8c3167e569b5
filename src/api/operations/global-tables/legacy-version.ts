import { regionOf } from '../../../base/account-region.ts'
import type { WireError } from '../../wire-error.ts'
import { dynamodbError, validationError } from '../../wire-error.ts'

/**
 * Global tables of version 2017.11.29, of which no more can be made: what DynamoDB still answers to their operations. All texts, and that existence
 * is looked at last, were observed on AWS, 2026-10. Tables of today's version are none of these, whatever replicas they have.
 */

/** In the order in which DynamoDB names them. */
const regions = [
  'eu-west-2',
  'eu-west-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-northeast-2',
  'eu-central-1',
  'ap-northeast-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
]

export function versionNotSupported(home: string): WireError {
  const region = regionOf(home)
  const because = regions.includes(region)
    ? '. We recommend using DynamoDB global tables version 2019.11.21, instead of version 2017.11.29 (Legacy).'
    : ` in this region '${region}', supported regions are : [${regions.join(', ')}]`
  return validationError(`One or more parameter values were invalid: DynamoDB global tables version 2017.11.29 is not supported${because}`)
}

export function globalTableNotFound(message: string): WireError {
  return dynamodbError('GlobalTableNotFoundException', message)
}

export function noGlobalTable(name: string): string {
  return `Global table with name: '${name}' does not exist.`
}
