import { defaultAccount } from '../base/account-region.ts'
import type { Credential } from './credentials.ts'

/** Who makes a request, and how it came. */
export interface Caller {
  readonly credential: Credential
  readonly account: string
  readonly arn: string
  readonly sourceIp: string | undefined
  /** Over TLS. */
  readonly secure: boolean
}

/** A user of the key's account, named like the key. */
export function callerOf(credential: Credential, sourceIp: string | undefined, secure: boolean): Caller {
  const { account } = credential
  return { credential, account, arn: arnOf(credential), sourceIp: sourceIp?.replace(/^::ffff:(?=\d+\.)/, ''), secure }
}

export function arnOf({ account, accessKeyId }: Credential): string {
  return `arn:aws:iam::${account}:user/${accessKeyId}`
}

/** Who calls where nobody is asked who they are. */
export const anybody: Caller = {
  credential: {
    accessKeyId: 'root',
    secretAccessKey: '',
    sessionToken: undefined,
    account: defaultAccount,
    allow: { regions: undefined, tables: undefined, actions: undefined },
    deny: undefined,
  },
  account: defaultAccount,
  arn: `arn:aws:iam::${defaultAccount}:root`,
  sourceIp: undefined,
  secure: false,
}
