import { keyAfter, pagesOf } from '../storage/pages.ts'
import { decodeBackupItem } from './backup.ts'
import type { Sequence } from './change-log.ts'
import { spaceRange, spaces, suffixOf } from './keyspace.ts'
import { copyPastState, lastItemKey } from './past-state.ts'
import { endRestore } from './recovery.ts'
import type { MomentOrigin } from './restore-origin.ts'
import { restoreOrigin } from './restore-origin.ts'
import type { FillJob, FillOutcome, TableFiller, TableFillers } from './table-filling.ts'

/** What fills tables that are restored. */
export const restoreFillers: TableFillers = { backup: fromBackup(), moment: fromMoment() }

/** Copies a backup. Its items and the table's have one order, so it goes on behind the last that is there. */
function fromBackup(): TableFiller {
  return {
    async fill(job) {
      const { engine, table } = job
      const origin = restoreOrigin(table)
      const backup = origin?.kind === 'backup' ? await engine.backups.get(origin.backup) : undefined
      if (backup === undefined) return { kind: 'failed', reason: 'there is no such backup' }
      const last = await lastItemKey(engine.store, table.number)
      const items = spaceRange(backup.number, spaces.items, last && keyAfter(last))
      for await (const page of pagesOf(engine.store, items, copiedPage)) {
        if (job.givenUp) return { kind: 'interrupted' }
        const written = await job.write(page.map(({ key, value }) => ({ itemKey: suffixOf(key), item: decodeBackupItem(value) })))
        if (written !== 'written') return notWritten(written)
      }
      return { kind: 'filled' }
    },
    async ended({ engine, table }) {
      const origin = restoreOrigin(table)
      if (origin?.kind === 'backup') engine.backups.release(origin.backup)
      return Promise.resolve()
    },
  }
}

function fromMoment(): TableFiller {
  return {
    async fill(job) {
      const origin = restoreOrigin(job.table)
      return origin?.kind === 'moment' ? copy(job, origin) : { kind: 'failed', reason: 'there is no such moment' }
    },
    async ended({ engine, table }) {
      const origin = restoreOrigin(table)
      if (origin?.kind !== 'moment') return
      await endRestore(engine, origin)
      await engine.removeDropped()
    },
  }
}

async function copy(job: FillJob, { source, upTo }: MomentOrigin): Promise<FillOutcome> {
  const { engine, table } = job
  const { store, versioning } = engine
  let stopped: 'gone' | 'collection-full' = 'gone'
  const past = { store, versioning, table: engine.current(source) ?? source, upTo: upTo satisfies Sequence }
  const copied = await copyPastState(
    past,
    {
      lastKey: () => lastItemKey(store, table.number),
      async write(rows) {
        const written = await job.write(rows)
        if (written !== 'written') stopped = written
        return written === 'written'
      },
    },
    () => job.givenUp,
  )
  return copied === 'copied' ? { kind: 'filled' } : notWritten(stopped)
}

function notWritten(why: 'gone' | 'collection-full'): FillOutcome {
  return why === 'gone' ? { kind: 'interrupted' } : { kind: 'failed', reason: 'an item collection would be too large' }
}

const copiedPage = { entriesMax: 200, bytesMax: 1 << 20 }
