/**
 * What LMDB and the operating system say when they cannot go on, in the words of the port.
 */
import { freeBytes } from './durable-folder.ts'
import { StoreFailed } from './store.ts'

/** LMDB's own "map full", then Linux and macOS for: no space, file too big, quota exceeded. */
const diskFullCodes: ReadonlySet<unknown> = new Set([-30792, 28, 27, 122, 69, 'ENOSPC', 'EFBIG', 'EDQUOT'])
/** LMDB reports a write that came out short as an I/O error (EIO), and that is how a disk usually becomes full. */
const SHORT_WRITE_FREE_BYTES_MAX = 64 * 1024

export function storeFailure(cause: unknown): StoreFailed {
  return failure(diskFullCodes.has(property(cause, 'code')) ? 'DISK_FULL' : 'IO_ERROR', cause)
}

/** @param error what lmdb rejected a transaction with; a commit that failed on the pool's thread has its reason in a promise */
export async function commitFailure(error: unknown, folder: string): Promise<StoreFailed> {
  const cause = await reasonOf(error)
  const known = storeFailure(cause)
  return known.code === 'IO_ERROR' && (await isFull(folder)) ? failure('DISK_FULL', cause) : known
}

async function reasonOf(error: unknown): Promise<unknown> {
  try {
    await property(error, 'commitError')
    return error
  } catch (reason) {
    return reason
  }
}

async function isFull(folder: string): Promise<boolean> {
  try {
    return (await freeBytes(folder)) <= SHORT_WRITE_FREE_BYTES_MAX
  } catch {
    // A disk that cannot even say how full it is has failed, and is not merely full.
    return false
  }
}

function failure(code: StoreFailed['code'], cause: unknown): StoreFailed {
  const detail = cause instanceof Error ? cause.message : String(cause)
  return new StoreFailed(code, `${code === 'DISK_FULL' ? 'the disk is full' : 'reading or writing failed'}: ${detail}`, { cause })
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
