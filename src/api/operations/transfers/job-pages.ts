import { createHash } from 'node:crypto'
import type { WireError } from '../../wire-error.ts'
import { validationError } from '../../wire-error.ts'

/** Jobs are told page by page, the newest first, ten if nothing else is asked for (observed on AWS, 2026-10). */
export const JOBS_DEFAULT = 10

export interface JobPage<J> {
  readonly jobs: readonly J[]
  readonly next: string | undefined
}

/** @param kind tokens of one operation are none of the other */
export async function jobPage<J extends { readonly id: string }>(
  kind: 'export' | 'import',
  all: (before: string | undefined) => AsyncGenerator<J>,
  wanted: (job: J) => boolean,
  most: number,
  token: string | undefined,
): Promise<JobPage<J> | WireError> {
  const before = token === undefined ? undefined : idIn(kind, token)
  if (token !== undefined && before === undefined) return validationError(`Invalid Request: Provided nextToken is invalid: ${token}`)
  const jobs: J[] = []
  for await (const job of all(before)) {
    if (!wanted(job)) continue
    const last = jobs.at(-1)
    if (jobs.length === most && last !== undefined) return { jobs, next: tokenFor(kind, last.id) }
    jobs.push(job)
  }
  return { jobs, next: undefined }
}

const idBytes = 32

/** As long as the API's pattern wants it: `id(32, zeros behind) digest(32)`, in hexadecimal digits. */
function tokenFor(kind: string, id: string): string {
  const padded = Buffer.alloc(idBytes)
  padded.write(id, 'utf8')
  return `${padded.toString('hex')}${digestOf(kind, id)}`
}

function idIn(kind: string, token: string): string | undefined {
  const id = Buffer.from(token.slice(0, 2 * idBytes), 'hex')
    .toString('utf8')
    .replace(/\0+$/, '')
  return tokenFor(kind, id) === token ? id : undefined
}

function digestOf(kind: string, id: string): string {
  return createHash('sha256').update(`${kind} ${id}`, 'utf8').digest('hex')
}
