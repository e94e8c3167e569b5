/**
 * Makes what stands in a folder durable: the part of durability that LMDB leaves to its caller.
 */
import { open, statfs } from 'node:fs/promises'
import { platform } from 'node:os'

/**
 * Flushes a file that a process may have left written and not flushed.
 * @returns false when there is no such file
 */
export async function flushFile(path: string): Promise<boolean> {
  const file = await open(path, 'r+').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (file === undefined) return false
  try {
    await file.datasync()
    return true
  } finally {
    await file.close()
  }
}

export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/** Gives a file `sizeBytes` of its own on the disk by writing them: a hole in a mapped file kills the process when the disk is full. */
export async function allocateFile(path: string, sizeBytes: number): Promise<void> {
  const file = await open(path, 'a')
  try {
    const { size } = await file.stat()
    if (size < sizeBytes) await file.appendFile(new Uint8Array(sizeBytes - size))
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
