/**
 * What LMDB and the operating system say when they cannot go on, in the words of the port.
 */
import { StoreFailed } from './store.ts'

/** LMDB's own "map full", then Linux and macOS for: no space, file too big, quota exceeded. */
const diskFullCodes: ReadonlySet<unknown> = new Set([-30792, 28, 27, 122, 69, 'ENOSPC', 'EFBIG', 'EDQUOT'])

export function storeFailure(cause: unknown): StoreFailed {
  const code = diskFullCodes.has(property(cause, 'code')) ? 'DISK_FULL' : 'IO_ERROR'
  const detail = cause instanceof Error ? cause.message : String(cause)
  return new StoreFailed(code, `the store cannot go on: ${detail}`, { cause })
}

/** A commit that failed on the pool's thread rejects with an error whose `commitError` is a promise that rejects with the reason. */
export async function causeOfFailedCommit(error: unknown): Promise<unknown> {
  try {
    await property(error, 'commitError')
    return error
  } catch (cause) {
    return cause
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
