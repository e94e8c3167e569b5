import { readFile } from 'node:fs/promises'
import type { FaultBody, ScheduleBody, StartedScheduleReply } from '../admin/wire.ts'
import type { AdminClient } from './admin-client.ts'
import { UsageError } from './command.ts'
import { layOut, print, printJson } from './output.ts'

/** `everywrite fault run FILE`: a timeline of faults, in YAML or JSON; see docs/faults.md. */
export async function runSchedule(
  client: AdminClient,
  file: string,
  options: { readonly seed: number | undefined; readonly json: boolean; readonly describe: (fault: FaultBody) => string },
): Promise<void> {
  const body = await readSchedule(file)
  const reply = await client.post<StartedScheduleReply>('schedules', options.seed === undefined ? body : { ...body, seed: options.seed })
  if (options.json) return printJson(reply)
  const rows = reply.timeline.map(({ atMs, fault }) => [`${(atMs / 1000).toFixed(1)} s`, options.describe(fault)])
  print(layOut(['AFTER', 'FAULT'], rows))
  print(`Schedule ${reply.id} has begun; \`everywrite fault stop ${reply.id}\` ends it and heals what it brought.`)
}

async function readSchedule(file: string): Promise<ScheduleBody> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`The schedule ${file} cannot be read: ${error.code ?? error.message}`)
  })
  const { parseDocument } = await import('yaml')
  const document = parseDocument(text)
  const [error] = document.errors
  if (error !== undefined) throw new UsageError(`${file} is neither YAML nor JSON: ${error.message.split('\n', 1)[0] ?? ''}`)
  return document.toJS() as ScheduleBody // the server says what is wrong with it
}
