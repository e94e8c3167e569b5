import { disassociate } from './disassociation.ts'
import { retireIncarnations } from './ended-incarnations.ts'
import { createReplica } from './replica-creation.ts'
import { removeReplica } from './replica-removal.ts'
import type { StepsOptions } from './replica-steps.ts'
import { ReplicaSteps } from './replica-steps.ts'
import type { StrongPath } from './strong-lifecycle.ts'
import { createStrong, removeStrong } from './strong-lifecycle.ts'

/**
 * How replicas come and go. Each step is recorded before the next begins, so that a process (or a Region) that dies in between goes
 * on where it was: the start of the world does what is unfinished.
 *
 * A member that cannot be reached holds a step up; nothing is guessed. What concerns one table is done one after the other: a replica that is
 * filled while ended incarnations are being left out would know neither the one nor the other state of the group [REP-31].
 */
export class ReplicaLifecycle {
  readonly #steps: ReplicaSteps

  readonly #strongPath: StrongPath

  constructor(options: StepsOptions, strongPath: StrongPath) {
    this.#steps = new ReplicaSteps(options)
    this.#strongPath = strongPath
  }

  /** Fills the replica that is recorded as CREATING in `region`, and makes it ACTIVE. */
  create(globalId: string, region: string): Promise<void> {
    return this.#inTurn(globalId, () => createReplica(this.#steps, globalId, region))
  }

  /** Drains and removes the replica that is recorded as DELETING in `region`. */
  async remove(globalId: string, region: string): Promise<void> {
    while ((await this.#inTurn(globalId, () => removeReplica(this.#steps, globalId, region))) === 'later') continue
  }

  /** Lets the replica go that is recorded as DISASSOCIATING in `region`, with its data. */
  disassociate(globalId: string, region: string): Promise<void> {
    return this.#inTurn(globalId, () => disassociate(this.#steps, globalId, region))
  }

  /** Makes the replicas of a strongly consistent table that are recorded as CREATING. */
  createStrong(globalId: string): Promise<void> {
    return this.#inTurn(globalId, () => createStrong(this.#steps, this.#strongPath, globalId))
  }

  /** Removes those that are recorded as DELETING, which are all but one. */
  removeStrong(globalId: string): Promise<void> {
    return this.#inTurn(globalId, () => removeStrong(this.#steps, this.#strongPath, globalId))
  }

  /** Goes on with what is recorded of a table as begun. */
  async resume(globalId: string): Promise<void> {
    const table = this.#steps.table(globalId)
    if (table?.consistency === 'STRONG') {
      await this.createStrong(globalId)
      await this.removeStrong(globalId)
      return
    }
    for (const { region, status } of table?.replicas ?? []) {
      if (status === 'CREATING') await this.create(globalId, region)
      if (status === 'DELETING') await this.remove(globalId, region)
      if (status === 'DISASSOCIATING') await this.disassociate(globalId, region)
    }
  }

  /** Brings every replica of a table to the membership and the policy that are recorded. */
  reconcile(globalId: string): Promise<void> {
    return this.#steps.reconcile(globalId)
  }

  /** Leaves ended incarnations out of the cursors of a table, if there are more than `keep` of them. */
  retireIncarnations(globalId: string, keep: number): Promise<void> {
    return this.#inTurn(globalId, () => retireIncarnations(this.#steps, globalId, keep))
  }

  close(): void {
    this.#steps.close()
  }

  #inTurn<T>(globalId: string, work: () => Promise<T>): Promise<T> {
    return this.#steps.access.inTurn(globalId, work)
  }
}
