import { createHash } from 'node:crypto'
import { assert } from '../../../base/assert.ts'
import { readUnits } from '../../../cost/capacity.ts'
import type { Transacted, TransactedWrite, Written } from '../../../engine/item-writer.ts'
import { TRANSACTION_BYTES_MAX } from '../../../engine/item-writer.ts'
import { rowKey, spaces } from '../../../engine/keyspace.ts'
import type { OnceOnly } from '../../../engine/once-only.ts'
import { onceOnly } from '../../../engine/once-only.ts'
import type { RegionEngine } from '../../../engine/region-engine.ts'
import type { StoredItem } from '../../../engine/stored-item.ts'
import { tellThrottled } from '../../contributors.ts'
import type { WireError } from '../../wire-error.ts'
import {
  idempotentParameterMismatch,
  isWireError,
  itemCollectionFull,
  transactionCanceled,
  transactionConflict,
  transactionInProgress,
  validationError,
} from '../../wire-error.ts'
import { chargeItemReads } from '../items/charge-reads.ts'
import { chargeWrites } from '../items/charge-writes.ts'
import type { ConsumedCapacity, ReturnConsumedCapacity } from '../items/consumed-capacity.ts'
import { ConsumptionByTable } from '../items/consumption-by-table.ts'
import { hasDuplicates } from '../items/duplicate-keys.ts'
import type { WriteResult } from '../items/item-write.ts'
import type { OpenTable } from '../table-lookup.ts'
import { tableGone } from '../table-lookup.ts'
import type { PlannedWrite } from '../items/write-action.ts'

/** What TransactWriteItems, TransactGetItems and ExecuteTransaction have in common. */

/** One item's part in a transaction. */
export interface ReadPart extends OpenTable {
  /** The table as the client named it. */
  readonly given: string
  readonly itemKey: Uint8Array
}

export interface WritePart extends ReadPart, PlannedWrite {}

/** A part that was carried out. */
export type PartWritten = Written<Exclude<WriteResult, WireError>>

/**
 * All parts, when each of them can be understood and each item is named once. What is wrong with a part is a reason for cancelling ("the
 * cancellation reason code includes the errors from the individual singleton operations", developer guide); a table that is not there has no
 * such code, and is told by itself.
 */
export function allParts<Part extends ReadPart>(opened: readonly (Part | WireError)[]): readonly Part[] | WireError {
  const parts = opened.flatMap((part) => (isWireError(part) ? [] : [part]))
  if (parts.length < opened.length) return canceledFor(opened)
  if (parts.some(({ table }) => table.ordered)) return noTransactions
  if (parts.some(({ engine }) => engine !== parts[0]?.engine)) return SEVERAL_ACCOUNTS
  const keys = parts.map(({ table, itemKey }) => rowKey(table.number, spaces.items, itemKey))
  return hasDuplicates(keys) ? validationError('Transaction request cannot include multiple operations on one item') : parts
}

/** That it cannot be is said by the API reference; the text is a guess. */
const SEVERAL_ACCOUNTS = validationError('Transaction request cannot include tables of several accounts')

/**
 * "Transaction operations … return an error" on tables with multi-Region strong consistency (developer guide, "How DynamoDB global tables work"). Which
 * one, and its text, were never seen: a guess.
 */
const noTransactions = validationError('Transactions are not supported on global tables with MultiRegionConsistency set to STRONG.')

/** @param parts problems among what is none */
export function canceledFor(parts: readonly unknown[]): WireError {
  const reasons = parts.map((part) => (isWireError(part) ? part : undefined))
  return reasons.find((reason) => reason?.exception.endsWith('#ValidationException') === false) ?? transactionCanceled(reasons)
}

/** The items in the order of the parts, all from one moment, at which no transaction was changing them. */
export async function transactReads(
  engine: RegionEngine,
  parts: readonly ReadPart[],
): Promise<readonly (StoredItem | undefined)[] | WireError> {
  const hindrances = parts.map(
    (part) => throttledPart(part, 'read') ?? (engine.isBusy(part.table, part.itemKey) ? transactionConflict : undefined),
  )
  if (hindrances.some((hindrance) => hindrance !== undefined)) return transactionCanceled(hindrances)
  const items = await readAndCharge(engine, parts)
  const sizeBytes = items.reduce((sum, item) => sum + (item?.sizeBytes ?? 0), 0)
  return sizeBytes > TRANSACTION_BYTES_MAX ? TOO_LARGE : items
}

async function readAndCharge(engine: RegionEngine, parts: readonly ReadPart[]): Promise<readonly (StoredItem | undefined)[]> {
  const items = await engine.getItems(parts)
  for (const [at, part] of parts.entries()) {
    const units = readUnitsOf(items[at])
    chargeItemReads(part, units)
    part.contributors?.read(part.itemKey, units)
  }
  return items
}

function throttledPart({ limits, contributors, itemKey }: ReadPart, kind: 'read' | 'write'): WireError | undefined {
  const refusal = limits?.refusal(kind)
  tellThrottled(refusal, contributors, itemKey)
  return refusal
}

/** What it costs to read these items; those that are not there cost too. */
export function consumedByReads(
  wanted: ReturnConsumedCapacity,
  parts: readonly ReadPart[],
  items: readonly (StoredItem | undefined)[],
): readonly ConsumedCapacity[] | undefined {
  const consumed = new ConsumptionByTable(wanted)
  for (const [at, { given, table }] of parts.entries()) consumed.read(given, table, readUnitsOf(items[at]))
  return consumed.reportsOfTransaction('ReadCapacityUnits')
}

function readUnitsOf(item: StoredItem | undefined): number {
  return readUnits(item?.sizeBytes ?? 0, 'transactional')
}

/**
 * Carries out all parts or none of them.
 * @returns the parts as they were written; or, when the same was carried out under this token before, the items as they are now: reading them is
 *   what a repetition is charged for
 */
export async function transactWrites(
  engine: RegionEngine,
  parts: readonly WritePart[],
  once: OnceOnly | undefined,
): Promise<TransactionDone | WireError> {
  const throttled = parts.map((part) => throttledPart(part, 'write'))
  if (throttled.some((refusal) => refusal !== undefined)) return transactionCanceled(throttled)
  const seenBytes = parts.map(() => 0)
  const outcome = await engine.transact(
    parts.map((part, at) => transactedWrite(part, (sizeBytes) => (seenBytes[at] = sizeBytes))),
    once,
  )
  switch (outcome.kind) {
    case 'committed':
      return { kind: 'written', written: chargeCommitted(parts, outcome.results) }
    case 'repeated':
      return { kind: 'repeated', items: await readAndCharge(engine, parts) }
    case 'mismatch':
      return idempotentParameterMismatch
    case 'in-progress':
      return transactionInProgress
    case 'too-large':
      return TOO_LARGE
    case 'gone':
      return tableGone
    case 'ordered':
      return noTransactions
    case 'refused':
      chargeRefused(parts, outcome.results, seenBytes)
      return transactionCanceled(parts.map((_part, at) => reasonOf(outcome, at)))
    default:
      return transactionCanceled(parts.map((_part, at) => reasonOf(outcome, at)))
  }
}

export type TransactionDone =
  | { readonly kind: 'written'; readonly written: readonly PartWritten[] }
  | { readonly kind: 'repeated'; readonly items: readonly (StoredItem | undefined)[] }

export function consumedByTransactedWrites(
  wanted: ReturnConsumedCapacity,
  parts: readonly WritePart[],
  done: TransactionDone,
): readonly ConsumedCapacity[] | undefined {
  if (done.kind === 'repeated') return consumedByReads(wanted, parts, done.items)
  const consumed = new ConsumptionByTable(wanted)
  for (const [at, { given, table }] of parts.entries()) {
    const written = done.written[at]
    if (written !== undefined) consumed.write(given, table, { sizeBytes: written.result.sizeBytes, indexWrites: written.indexWrites })
  }
  return consumed.reportsOfTransaction('WriteCapacityUnits')
}

/** The limit is documented; its text is a guess. */
const TOO_LARGE = validationError('Collective size of the items in the transaction cannot exceed 4 MB')

/** A verdict that holds an error keeps a single item as it is, and refuses a transaction. */
function transactedWrite({ table, itemKey, judge }: WritePart, seen: (sizeBytes: number) => void): TransactedWrite<WriteResult> {
  return {
    table,
    itemKey,
    judge(before) {
      seen(before?.sizeBytes ?? 0)
      const verdict = judge(before)
      return isWireError(verdict.result) ? { kind: 'refuse', result: verdict.result } : verdict
    },
  }
}

function chargeCommitted(parts: readonly WritePart[], results: readonly Written<WriteResult>[]): readonly PartWritten[] {
  return results.map((written, at) => {
    const { result, indexWrites } = written
    assert(!isWireError(result), 'a transaction with an error in it is not committed')
    const part = parts[at]
    if (part !== undefined) chargeWrites(part, [{ sizeBytes: result.sizeBytes, indexWrites }], 2)
    part?.contributors?.written(part.itemKey, result.sizeBytes, indexWrites, 2)
    return { ...written, result }
  })
}

/**
 * What was refused costs as if it had been made: by the larger of the item that is there and, as far as that is known, the one that would have been
 * (measured on AWS, 2026-10, of single writes; that a transaction is charged so, twice, is documented for what is committed and a guess here).
 */
function chargeRefused(parts: readonly WritePart[], results: readonly WriteResult[], seenBytes: readonly number[]): void {
  for (const [at, part] of parts.entries()) {
    const result = results[at]
    const refusedBytes = Math.max(part.attemptedBytes ?? 0, seenBytes[at] ?? 0)
    const sizeBytes = result === undefined || isWireError(result) ? refusedBytes : result.sizeBytes
    chargeWrites(part, [{ sizeBytes, indexWrites: [] }], 2)
  }
}

type NotCommitted = Extract<Transacted<WriteResult>, { readonly kind: 'refused' | 'conflict' | 'collection-full' | 'not-here' }>

/** Why this part stands in the way; undefined when it does not. */
function reasonOf(outcome: NotCommitted, at: number): WireError | undefined {
  switch (outcome.kind) {
    case 'refused': {
      const result = outcome.results[at]
      return result !== undefined && isWireError(result) ? result : undefined
    }
    case 'conflict':
      return outcome.conflicts[at] === true ? transactionConflict : undefined
    case 'collection-full':
      return outcome.at === at ? itemCollectionFull : undefined
    case 'not-here':
      return outcome.at === at ? validationError(outcome.message) : undefined
  }
}

/** What a client's token is remembered by; `content` is all that makes a request another one. */
export function onceOnlyBy(token: string | undefined, content: unknown, nowMs: number): OnceOnly | undefined {
  if (token === undefined) return undefined
  const fingerprint = createHash('sha256').update(JSON.stringify(content, membersInOrder)).digest()
  return onceOnly(Buffer.from(token, 'utf8'), fingerprint, nowMs)
}

/** The members of a JSON object have no order; clients that keep them in hash maps send them now in this one, now in that. */
function membersInOrder(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
}
