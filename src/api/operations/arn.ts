/** How tables are named across Regions: `arn:aws:dynamodb:eu-west-1:000000000000:table/Orders`. There is one account. */
export const ACCOUNT = '000000000000'

export interface TableArn {
  readonly region: string
  readonly account: string
  readonly tableName: string
}

export function tableArn(region: string, tableName: string): string {
  return `arn:aws:dynamodb:${region}:${ACCOUNT}:table/${tableName}`
}

const pattern = /^arn:aws[a-z-]*:dynamodb:([a-z0-9-]+):(\d{12}):table\/([a-zA-Z0-9_.-]{3,255})$/

export function parseTableArn(text: string): TableArn | undefined {
  const [, region, account, tableName] = pattern.exec(text) ?? []
  return region === undefined || account === undefined || tableName === undefined ? undefined : { region, account, tableName }
}
