/**
 * Accounts share nothing but the wire, so each has the Regions to itself: its tables, streams, backups, names and quotas. How the Region of an
 * account is called wherever one is meant: by its name alone in the default account, with the account behind it in others.
 *
 *   eu-west-1                 of the default account
 *   eu-west-1.111122223333    of another
 */

/** The account of keys that name none, and of everybody where nobody is asked for a key. */
export const defaultAccount = '000000000000'

export function accountRegion(region: string, account: string): string {
  return account === defaultAccount ? region : `${region}.${account}`
}

/** The Region as AWS names it. */
export function regionOf(name: string): string {
  const point = name.indexOf('.')
  return point < 0 ? name : name.slice(0, point)
}

export function accountOf(name: string): string {
  const point = name.indexOf('.')
  return point < 0 ? defaultAccount : name.slice(point + 1)
}
