import { accountOf, accountRegion, regionOf } from '../../../base/account-region.ts'
import type { TableSettings } from '../../../engine/table.ts'
import type { ReplicaAction } from '../../control-plane.ts'
import type { WireError } from '../../wire-error.ts'
import { accessDenied, isWireError, validationError } from '../../wire-error.ts'
import { unsupportedParameter } from '../operation.ts'

/**
 * The `ReplicaUpdates` of UpdateTable: what one call may contain, and what can be judged without the table (observed on AWS,
 * 2026-10). Whether such a replica can be made or removed is for the control plane to say.
 */
export interface ReplicaUpdate {
  readonly Create?: ReplicaChange
  readonly Update?: ReplicaChange
  readonly Delete?: { readonly RegionName: string }
}

interface ReplicaChange {
  readonly RegionName: string
  readonly ProvisionedThroughputOverride?: { readonly ReadCapacityUnits?: number }
  readonly TableClassOverride?: TableSettings['tableClass']
  readonly GlobalSecondaryIndexes?: readonly {
    readonly IndexName: string
    readonly ProvisionedThroughputOverride?: { readonly ReadCapacityUnits?: number }
  }[]
}

const NOTHING = 'There are no actions specified in the Replica Update Action of the request.'
const SEVERAL_KINDS = 'Update table operation with more than one type of replica actions not allowed.'
const SEVERAL_ACTIONS = 'Update table operation with more than one create or delete replica actions not allowed'
const OWN_REGION = 'Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or UpdateTable as required.'

const notYet = ['KMSMasterKeyId', 'OnDemandThroughputOverride']

/** @param ownRegion the Region that was called. Replicas are its account's, too. */
export function planReplicaUpdates(updates: readonly ReplicaUpdate[], ownRegion: string): ReplicaAction | WireError {
  const actions: ReplicaAction[] = []
  for (const update of updates) {
    const action = plan(update, accountOf(ownRegion))
    if (isWireError(action)) return action
    if (!actions.some((known) => sameAction(known, action))) actions.push(action)
  }
  const [action, another] = actions
  if (action === undefined) return validationError(NOTHING)
  if (another !== undefined) return validationError(SEVERAL_ACTIONS)
  if (regionOf(action.region) === '') return denied(action.kind, accountOf(ownRegion))
  return action.region === ownRegion ? validationError(OWN_REGION) : action
}

function plan({ Create, Update, Delete }: ReplicaUpdate, account: string): ReplicaAction | WireError {
  const kinds = [Create, Update, Delete].filter((kind) => kind !== undefined)
  if (kinds.length > 1) return validationError(SEVERAL_KINDS)
  if (Delete !== undefined) return { kind: 'delete', region: accountRegion(Delete.RegionName, account) }
  const change = Create ?? Update
  if (change === undefined) return validationError(NOTHING)
  const unsupported = unsupportedParameter(change, notYet)
  if (unsupported !== undefined) return validationError(unsupported)
  const readUnitsOverride = change.ProvisionedThroughputOverride?.ReadCapacityUnits
  const tableClassOverride = change.TableClassOverride
  const indexReads = (change.GlobalSecondaryIndexes ?? []).flatMap(({ IndexName, ProvisionedThroughputOverride }) => {
    const units = ProvisionedThroughputOverride?.ReadCapacityUnits
    return units === undefined ? [] : [[IndexName, units] as const]
  })
  const nothing = readUnitsOverride === undefined && tableClassOverride === undefined && indexReads.length === 0
  if (Create === undefined && nothing) return validationError(NOTHING)
  return {
    kind: Create === undefined ? 'update' : 'create',
    region: accountRegion(change.RegionName, account),
    readUnitsOverride,
    tableClassOverride,
    ...(indexReads.length === 0 ? {} : { indexReadUnits: Object.fromEntries(indexReads) }),
  }
}

/** Two identical actions count as one. */
function sameAction(a: ReplicaAction, b: ReplicaAction): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** The permission for a replica without a Region is one that nobody has. */
function denied(kind: ReplicaAction['kind'], account: string): WireError {
  const permission = kind === 'delete' ? 'DeleteTableReplica' : 'CreateTableReplica'
  return accessDenied(
    `User: arn:aws:iam::${account}:root is not authorized to perform: dynamodb:${permission} on resource: arn:aws:dynamodb::${account}:table/`,
  )
}
