/**
 * Makes what stands in a folder durable: the part of durability that LMDB leaves to its caller.
 */
import { open } from 'node:fs/promises'
import { platform } from 'node:os'

/** Flushes a file that a process may have left written and not flushed. A file that does not exist yet has nothing to flush. */
export async function flushFile(path: string): Promise<void> {
  const file = await open(path, 'r+').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (file === undefined) return
  try {
    await file.datasync()
  } finally {
    await file.close()
  }
}

/** Makes the names in a folder durable, so that a new file outlives a power failure. Windows has no such call and needs none. */
export async function flushFolder(path: string): Promise<void> {
  if (platform() === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
