import { StoredItem, encodeImage } from '../../engine/stored-item.ts'
import type { KeySchema } from '../../item/key-schema.ts'
import { isInvalid } from '../../item/invalid.ts'
import { encodeItemKey } from '../../item/item-key.ts'
import { ITEM_BYTES_MAX, ITEM_TOO_LARGE, parseItem } from '../../item/parse-attribute-value.ts'
import type { Conflict } from '../../world/conflict.ts'
import { conflictsOf, schemaOf, tableNames } from '../../world/inspection.ts'
import type { Resolution } from '../../world/resolution.ts'
import { resolveConflict } from '../../world/resolution.ts'
import type { World } from '../../world/world.ts'
import { reportWrite } from '../conflict-report.ts'
import type { AdminContext } from '../context.ts'
import type { Reply } from '../reply.ts'
import { Rejection, ok } from '../reply.ts'
import type { ChangedReply, ResolvedReply } from '../wire.ts'

/** Settles a conflict [REP-21]: 409 when what is shown is not what whoever decided saw. */
export async function resolve({ world }: AdminContext, id: string, body: unknown): Promise<Reply> {
  const conflict = await conflictBy(world, id)
  const schema = conflict && schemaOf(world, conflict)
  if (conflict === undefined || schema === undefined) throw new Rejection(404, `There is no conflict ${id}.`)
  const resolution = parseResolution(body, conflict, schema)
  if (conflict.withdrawn) throw new Rejection(409, 'Nothing was lost: a later write built on this version.')
  if (conflict.resolved) throw new Rejection(409, 'It is resolved already.')
  const outcome = await resolveConflict(world, conflict, resolution)
  switch (outcome.kind) {
    case 'resolved': {
      const resolved: ResolvedReply = { id, region: outcome.region }
      return ok(resolved)
    }
    case 'changed': {
      const changed: ChangedReply = {
        error: 'The item is not what it was when this conflict was found; look at `shown`, and say that you saw it by sending its version.',
        shown: outcome.shown === undefined ? null : reportWrite(outcome.shown),
      }
      return { status: 409, body: changed }
    }
    case 'busy':
      throw new Rejection(409, 'A transaction is changing the item; try again.')
    case 'nowhere':
      throw new Rejection(503, 'No Region that runs has both versions; when one is back, try again.')
  }
}

/** An id does not say where its entry lies, so ledgers are read until it is found. */
async function conflictBy(world: World, id: string): Promise<Conflict | undefined> {
  for (const table of tableNames(world)) {
    const found = (await conflictsOf(world, table, 0n)).find((conflict) => conflict.id === id)
    if (found !== undefined) return found
  }
  return undefined
}

function parseResolution(body: unknown, { loser }: Conflict, schema: KeySchema): Resolution {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Rejection(400, usage)
  const { item, restore, shown, ...others } = body as Record<string, unknown>
  if (Object.keys(others).length > 0 || (restore === true) === (item !== undefined)) throw new Rejection(400, usage)
  if (shown !== undefined && shown !== null && typeof shown !== 'string') throw new Rejection(400, usage)
  if (restore === true) return { item: 'loser', shown }
  if (item === null) return { item: undefined, shown }
  const parsed = parseItem(item)
  if (isInvalid(parsed)) throw new Rejection(400, `The item is not valid: ${parsed.invalid}`)
  const key = encodeItemKey(schema, parsed.item)
  if (isInvalid(key)) throw new Rejection(400, `The item is not valid: ${key.invalid}`)
  if (Buffer.from(key).toString('hex') !== loser.itemKey) throw new Rejection(400, 'The item has another key than the one in conflict.')
  if (parsed.sizeBytes > ITEM_BYTES_MAX) throw new Rejection(400, ITEM_TOO_LARGE)
  return { item: new StoredItem(encodeImage(parsed.item), parsed.sizeBytes, parsed.item), shown }
}

const usage =
  'The body must be {"restore": true}, {"item": …} in DynamoDB JSON, or {"item": null} for none; with "shown": the version that you saw, or null.'
