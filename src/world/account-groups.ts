import { accountOf, regionOf } from '../base/account-region.ts'
import type { Refusal } from '../engine/refusal.ts'
import { refuse } from '../engine/refusal.ts'
import type { Table } from '../engine/table.ts'
import type { GlobalTable, OwnStart } from './global-table.ts'

/**
 * Global tables whose replicas are of several accounts, one each: what distinguishes them from those of one account. That an account may join at all is
 * for its wire to ask.
 */

/** The record that a new replica comes to. A table whose replicas are gone may get those of other accounts, or no longer has them. */
export function groupFor(action: { readonly ownStart?: OwnStart }, now: GlobalTable | undefined, regional: GlobalTable): GlobalTable {
  const multiAccount = action.ownStart !== undefined
  if (now === undefined || (now.replicas.length === 1 && (now.multiAccount === true) !== multiAccount)) {
    const { multiAccount: _before, ...known } = now ?? regional
    return { ...known, settings: regional.settings, ...(multiAccount && { multiAccount }) }
  }
  return now
}

/** Same-account groups cannot be extended to other accounts, nor the other way round (developer guide, "Multi-account global tables"). The texts are guesses. */
export function accountProblem(
  group: GlobalTable,
  source: Table,
  { region, ownStart }: { readonly region: string; readonly ownStart?: OwnStart },
): Refusal | undefined {
  const joins = ownStart !== undefined
  if (joins !== (group.multiAccount === true)) {
    return refuse('invalid', `${invalid}Replicas of one account and replicas of several accounts cannot be part of one global table`)
  }
  if (!joins) return undefined
  if (source.own.settingsReplication !== 'ENABLED') {
    return refuse('invalid', `${invalid}GlobalTableSettingsReplicationMode of the source table must be ENABLED`)
  }
  if (group.replicas.some((replica) => accountOf(replica.region) === accountOf(region))) {
    return refuse('invalid', `${invalid}Account ${accountOf(region)} already has a replica of this global table`)
  }
  if (group.replicas.some((replica) => regionOf(replica.region) === regionOf(region))) {
    return refuse('invalid', `${invalid}Region ${regionOf(region)} already has a replica of this global table`)
  }
  return undefined
}

const invalid = 'One or more parameter values were invalid: '
