import { accountOf, accountRegion, regionOf } from '../../base/account-region.ts'

/** How tables are named across Regions and accounts: `arn:aws:dynamodb:eu-west-1:000000000000:table/Orders`. */

export interface TableArn {
  /** Of the account that the ARN names. */
  readonly region: string
  readonly account: string
  readonly tableName: string
}

export function tableArn(region: string, tableName: string): string {
  return `${resourcesArn(region)}table/${tableName}`
}

/** What the ARNs of all of a Region's tables begin with. */
export function resourcesArn(region: string): string {
  return `arn:aws:dynamodb:${regionOf(region)}:${accountOf(region)}:`
}

/** A stream of a table: `…:table/Orders/stream/2026-11-24T08:15:30.123`. */
export interface StreamArn extends TableArn {
  readonly label: string
}

export function streamArn(region: string, tableName: string, label: string): string {
  return `${tableArn(region, tableName)}/stream/${label}`
}

export function parseStreamArn(text: string): StreamArn | undefined {
  const at = text.lastIndexOf('/stream/')
  const table = at < 0 ? undefined : parseTableArn(text.slice(0, at))
  return table && { ...table, label: text.slice(at + '/stream/'.length) }
}

const pattern = /^arn:aws[a-z-]*:dynamodb:([a-z0-9-]+):(\d{12}):table\/([a-zA-Z0-9_.-]{3,255})$/

export function parseTableArn(text: string): TableArn | undefined {
  const [, region, account, tableName] = pattern.exec(text) ?? []
  return region === undefined || account === undefined || tableName === undefined
    ? undefined
    : { region: accountRegion(region, account), account, tableName }
}
