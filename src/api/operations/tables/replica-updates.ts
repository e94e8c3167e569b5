import { accountOf, accountRegion, regionOf } from '../../../base/account-region.ts'
import { isRefusal } from '../../../engine/refusal.ts'
import type { TableSettings } from '../../../engine/table.ts'
import type { ReplicaAction, ReplicaWish } from '../../control-plane.ts'
import type { WireError } from '../../wire-error.ts'
import { accessDenied, fromRefusal, isWireError, validationError } from '../../wire-error.ts'
import { keyArn } from './encryption-settings.ts'

/**
 * The `ReplicaUpdates` of UpdateTable and what goes with them: what one call may contain, and what can be judged without the table (observed on AWS,
 * 2026-10). Whether such replicas can be made or removed is for the control plane to say.
 */
export interface ReplicaRequest {
  readonly ReplicaUpdates: readonly ReplicaUpdate[]
  readonly MultiRegionConsistency?: 'EVENTUAL' | 'STRONG' | undefined
  readonly GlobalTableWitnessUpdates?: readonly { readonly Create?: OfRegion; readonly Delete?: OfRegion }[] | undefined
}

export interface ReplicaUpdate {
  readonly Create?: ReplicaChange
  readonly Update?: ReplicaChange
  readonly Delete?: OfRegion
  readonly Disassociate?: OfRegion
}

interface OfRegion {
  readonly RegionName: string
}

interface Overrides {
  readonly ProvisionedThroughputOverride?: { readonly ReadCapacityUnits?: number }
  readonly OnDemandThroughputOverride?: { readonly MaxReadRequestUnits?: number }
}

interface ReplicaChange extends OfRegion, Overrides {
  readonly KMSMasterKeyId?: string
  readonly TableClassOverride?: TableSettings['tableClass']
  readonly GlobalSecondaryIndexes?: readonly ({ readonly IndexName: string } & Overrides)[]
}

const NOTHING = 'There are no actions specified in the Replica Update Action of the request.'
const SEVERAL_KINDS = 'Update table operation with more than one type of replica actions not allowed.'
const SEVERAL_ACTIONS = 'Update table operation with more than one create or delete replica actions not allowed'
const OWN_REGION = 'Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or UpdateTable as required.'
const ONLY_CREATE = 'Only Replica Create actions are supported when MultiRegionConsistency parameter is provided.'
const STRONG_ONLY = 'MultiRegionConsistency must be set as STRONG when GlobalTableWitnessUpdates parameter is present.'
// A guess: the documentation says that such a request fails.
const ONLY_DISASSOCIATION = 'Disassociate must be the only replica action in the request.'

type SingleAction = Extract<ReplicaAction, { region: string }>

/** @param ownRegion the Region that was called. Replicas are its account's, too. */
export function planReplicaUpdates(request: ReplicaRequest, ownRegion: string): ReplicaAction | WireError {
  const { ReplicaUpdates: updates, MultiRegionConsistency: consistency, GlobalTableWitnessUpdates: [witnessUpdate] = [] } = request
  const account = accountOf(ownRegion)
  const actions: SingleAction[] = []
  for (const update of updates) {
    const action = plan(update, account)
    if (isWireError(action)) return action
    // Two identical actions count as one.
    if (!actions.some((known) => JSON.stringify(known) === JSON.stringify(action))) actions.push(action)
  }
  const witnessIn = (of: OfRegion | undefined): string | undefined => of && accountRegion(of.RegionName, account)
  const witness = { created: witnessIn(witnessUpdate?.Create), removed: witnessIn(witnessUpdate?.Delete) }
  if (witness.created !== undefined && witness.removed !== undefined) return validationError(SEVERAL_KINDS)
  if (consistency !== undefined && actions.some(({ kind }) => kind !== 'create')) return validationError(ONLY_CREATE)
  if (witness.created !== undefined && consistency !== 'STRONG') return validationError(STRONG_ONLY)
  const nowhere = actions.find(({ region }) => regionOf(region) === '')
  if (nowhere !== undefined) return denied(nowhere.kind, account)
  if (consistency === 'STRONG') {
    if (witness.removed !== undefined) return validationError(SEVERAL_KINDS) // a guess
    return { kind: 'create-strong', replicas: actions.flatMap(wishOf), witness: witness.created }
  }
  const [action, another] = actions
  if (action === undefined) return validationError(NOTHING)
  if (actions.some(({ kind }) => kind === 'disassociate')) {
    return another === undefined && witness.removed === undefined ? action : validationError(ONLY_DISASSOCIATION)
  }
  const removed = actions.every(({ kind }) => kind === 'delete')
  if (removed && (another !== undefined || witness.removed !== undefined)) {
    return { kind: 'delete-several', regions: actions.map(({ region }) => region), witness: witness.removed }
  }
  if (another !== undefined) return validationError(SEVERAL_ACTIONS)
  if (witness.removed !== undefined) return validationError(SEVERAL_KINDS) // a guess
  if (action.region === ownRegion) return validationError(OWN_REGION)
  return action.kind === 'create' && consistency !== undefined ? { ...action, consistency } : action
}

function plan({ Create, Update, Delete, Disassociate }: ReplicaUpdate, account: string): SingleAction | WireError {
  const kinds = [Create, Update, Delete, Disassociate].filter((kind) => kind !== undefined)
  if (kinds.length > 1) return validationError(SEVERAL_KINDS)
  if (Delete !== undefined) return { kind: 'delete', region: accountRegion(Delete.RegionName, account) }
  if (Disassociate !== undefined) return { kind: 'disassociate', region: accountRegion(Disassociate.RegionName, account) }
  const change = Create ?? Update
  if (change === undefined) return validationError(NOTHING)
  const region = accountRegion(change.RegionName, account)
  const indexes = change.GlobalSecondaryIndexes ?? []
  for (const overrides of [change, ...indexes]) {
    const problem = maximumProblem(overrides)
    if (problem !== undefined) return problem
  }
  const key = change.KMSMasterKeyId === undefined ? undefined : keyArn(change.KMSMasterKeyId, region)
  if (isRefusal(key)) {
    return fromRefusal({
      ...key,
      message: key.message.replace('KMS validation error:', `KMS validation error for region ${change.RegionName}:`),
    })
  }
  const indexReadUnits = byName(indexes, (index) => index.ProvisionedThroughputOverride?.ReadCapacityUnits)
  const indexOnDemandReads = byName(indexes, maximumOf)
  const wish = {
    region,
    readUnitsOverride: change.ProvisionedThroughputOverride?.ReadCapacityUnits,
    tableClassOverride: change.TableClassOverride,
    ...defined({ indexReadUnits, indexOnDemandReads, onDemandReads: maximumOf(change), keyArn: key }),
  }
  const nothing = Object.entries(wish).every(([name, value]) => name === 'region' || value === undefined)
  return Create === undefined && nothing ? validationError(NOTHING) : { kind: Create === undefined ? 'update' : 'create', ...wish }
}

function wishOf(action: SingleAction): readonly ReplicaWish[] {
  if (action.kind !== 'create') return []
  const { kind: _create, ...wish } = action
  return [wish]
}

/** -1 stands for no maximum. */
function maximumOf({ OnDemandThroughputOverride: override }: Overrides): number | null | undefined {
  const units = override?.MaxReadRequestUnits
  return units === -1 ? null : units
}

/** The text is the one for a table's own maximum: a guess. */
function maximumProblem({ OnDemandThroughputOverride: override }: Overrides): WireError | undefined {
  const units = override?.MaxReadRequestUnits
  if (units === undefined || units === -1 || units >= 1) return undefined
  return validationError(
    'One or more parameter values were invalid: Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range',
  )
}

/** Undefined when there is none. */
function byName<T>(
  indexes: NonNullable<ReplicaChange['GlobalSecondaryIndexes']>,
  of: (index: Overrides) => T | undefined,
): Record<string, T> | undefined {
  const entries = indexes.flatMap((index): [string, T][] => {
    const value = of(index)
    return value === undefined ? [] : [[index.IndexName, value]]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** The members that are there. */
function defined<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never
}

/** The permission for a replica without a Region is one that nobody has. */
function denied(kind: ReplicaAction['kind'], account: string): WireError {
  const permission = kind === 'delete' ? 'DeleteTableReplica' : kind === 'disassociate' ? 'DisassociateTableReplica' : 'CreateTableReplica'
  return accessDenied(
    `User: arn:aws:iam::${account}:root is not authorized to perform: dynamodb:${permission} on resource: arn:aws:dynamodb::${account}:table/`,
  )
}
