import { decodeItemKey } from '../../item/item-key.ts'
import { recordVersion } from '../../replication/ledger.ts'
import type { Siblings } from '../../replication/siblings.ts'
import type { Divergence } from '../../world/verification.ts'
import { verifyTable } from '../../world/verification.ts'
import { reportWrite } from '../conflict-report.ts'
import type { AdminContext } from '../context.ts'
import type { Reply } from '../reply.ts'
import { Rejection, ok } from '../reply.ts'
import type { DivergenceReport, VerifyReply, WriteReport } from '../wire.ts'

/** The items in which the replicas of a table differ for good; with `repair` they are mended. */
export async function verify({ world, scheduler }: AdminContext, table: string, body: unknown): Promise<Reply> {
  const { repair, timeoutMs } = parseBody(body)
  const found = await verifyTable(world, scheduler, { table, repair, timeoutMs })
  if (found === undefined) throw new Rejection(404, `There is no table ${table}.`)
  const reply: VerifyReply = { table, repair, divergent: found.divergent.map(report), more: found.more, behind: found.behind }
  return ok(reply)
}

function report({ itemKey, table, regions }: Divergence): DivergenceReport {
  return {
    key: decodeItemKey(table.schema, itemKey),
    regions: Object.fromEntries(
      regions.map(({ region, held, given }) => [
        region,
        {
          holds: reportVersions(held),
          ...(given === undefined ? {} : given === 'changed' ? { writtenMeanwhile: true } : { given: reportVersions(given) }),
        },
      ]),
    ),
  }
}

function reportVersions(siblings: Siblings): readonly WriteReport[] {
  return siblings.map((version) => reportWrite(recordVersion(version)))
}

function parseBody(body: unknown): { readonly repair: boolean; readonly timeoutMs: number } {
  if (typeof body !== 'object' || body === null) throw new Rejection(400, 'The body must be an object.')
  const { repair = false, timeoutMs = 30_000, ...rest } = body as Record<string, unknown>
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) throw new Rejection(400, `There is no ${unknown}; a verification takes repair and timeoutMs.`)
  if (typeof repair !== 'boolean') throw new Rejection(400, 'repair must be true or false.')
  if (typeof timeoutMs !== 'number' || !(timeoutMs >= 0 && timeoutMs <= timeoutMsMax))
    throw new Rejection(400, `timeoutMs must be a number from 0 to ${timeoutMsMax}.`)
  return { repair, timeoutMs }
}

const timeoutMsMax = 600_000
