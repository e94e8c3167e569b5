import { regionOf } from '../base/account-region.ts'
import type { Refusal } from '../engine/refusal.ts'
import { refuse } from '../engine/refusal.ts'
import type { Table } from '../engine/table.ts'
import { policyTag } from '../replication/policy-text.ts'
import type { GlobalTable } from './global-table.ts'
import type { StrongRemoval, StrongWish } from './replica-action.ts'
import { notPart } from './replica-rules.ts'

/** What strongly consistent tables may be made of, in DynamoDB's words and order (observed on AWS, 2026-10, unless said otherwise). */

/** Any three of them may be joined (since 2026-09). */
export const strongRegions: ReadonlySet<string> = new Set([
  'us-east-1',
  'us-east-2',
  'us-west-2',
  'ca-central-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'eu-central-1',
  'eu-north-1',
  'eu-south-2',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-southeast-1',
])

const MEMBERS = 3
const strong = 'MultiRegionConsistency set to STRONG'

export const cannotAdd = refuse('invalid', 'Cannot add replicas to a global table with strong MultiRegionConsistency')
export const unsupportedOnExisting = refuse('invalid', 'MultiRegionConsistency parameter is unsupported on existing global table')
export const onlyOneOfStrong = refuse('invalid', `Deletion of only one table replica is not supported for global tables with ${strong}.`)
export const witnessMissing = refuse('invalid', 'Update table delete operation does not include all witnesses.')

/** What is wrong with the Regions that shall have a strongly consistent table together. */
export function regionsProblem(own: string, { replicas, witness }: StrongWish): Refusal | undefined {
  const others = [...replicas.map(({ region }) => region), ...(witness === undefined ? [] : [witness])]
  if (others.length !== MEMBERS - 1 || replicas.length === 0)
    return refuse('invalid', `Unsupported replica count for global tables with ${strong}.`)
  const unsupported = [...new Set([own, ...others])].map(regionOf).filter((region) => !strongRegions.has(region))
  if (unsupported.length > 0) {
    return refuse('invalid', `Unsupported Region(s) specified for global tables with ${strong}: [${unsupported.join(', ')}].`)
  }
  if (new Set(others).size < others.length) return refuse('invalid', 'Cannot target multiple regions with the same action')
  if (witness === own) {
    return refuse('invalid', `Cannot add a witness in the same region as an existing replica when creating a global table with ${strong}.`)
  }
  return undefined
}

/** What is wrong with the table itself. DynamoDB's guide names the restrictions; its texts for them are not known, so these are guesses. */
export function tableProblem({ name, settings, tags }: Table, itemCount: number): Refusal | undefined {
  const cannot = (why: string): Refusal => refuse('invalid', `Table ${name} cannot have ${strong} ${why}`)
  if (settings.timeToLive !== undefined) return cannot('while Time to Live is enabled.')
  if (settings.indexes.some(({ kind }) => kind === 'local')) return cannot('because it has local secondary indexes.')
  if (tags[policyTag] !== undefined) return cannot(`while it has the tag ${policyTag}: nothing is in conflict.`)
  return itemCount > 0 ? cannot('because it is not empty.') : undefined
}

export const noTimeToLive = refuse('invalid', `Time to Live is not supported for global tables with ${strong}.`) // a guess
export const noPolicy = refuse('invalid', `A table with ${strong} has no conflict policy`)

/** Why these Regions cannot be removed; undefined: they are all that there is beside the one that stays. */
export function removalProblem(global: GlobalTable, own: string, { regions, witness }: StrongRemoval): Refusal | undefined {
  const others = global.replicas.map(({ region }) => region).filter((region) => region !== own)
  const strangers = regions.filter((region) => !others.includes(region))
  if (strangers.length > 0) return notPart(...strangers)
  if (witness !== undefined && witness !== global.witness?.region) return notWitness(witness)
  if (others.some((region) => !regions.includes(region))) return onlyOneOfStrong
  return global.witness !== undefined && witness === undefined ? witnessMissing : undefined
}

export function notWitness(region: string): Refusal {
  return refuse(
    'invalid',
    `Update global table operation failed because one or more witnesses were not part of the global table. Please retry the request without these witnesses: [${regionOf(region)}].`,
  )
}
