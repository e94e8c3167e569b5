import { createHash } from 'node:crypto'

/** Nothing is encrypted, so keys are names alone: an alias stands for an id made from its name, in each Region another. */

export const MANAGED_KEY = 'alias/aws/dynamodb'

export function keyIdBehind(alias: string, region: string): string {
  const hex = createHash('sha256').update(`${region} ${alias}`).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}

/** Whether it is the key that AWS manages for DynamoDB in that Region, and no customer's. */
export function isManagedKey(arn: string): boolean {
  const [, , , region = '', , resource] = arn.split(':')
  return resource === `key/${keyIdBehind(MANAGED_KEY, region)}`
}

/** The key of another Region that corresponds to this one: the managed one, or a customer's of the same id. */
export function keyArnIn(region: string, arn: string): string {
  const [prefix, partition, service, , account, resource] = arn.split(':')
  const there = isManagedKey(arn) ? `key/${keyIdBehind(MANAGED_KEY, region)}` : resource
  return [prefix, partition, service, region, account, there].join(':')
}
