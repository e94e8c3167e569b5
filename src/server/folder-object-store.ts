import { randomUUID } from 'node:crypto'
import type { Dirent, Stats } from 'node:fs'
import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { flushFolder } from '../storage/durable-folder.ts'
import type { ObjectStore } from '../transfer/object-store.ts'
import { isBucketName, keyProblem, ObjectStoreError, prefixProblem } from '../transfer/object-store.ts'
import { codeOf } from './operator-error.ts'

/**
 * Objects as files: a bucket is a folder in the root, and keys are paths below it. Buckets are made and removed by whoever owns the folder.
 *
 * Nothing outside of a bucket's folder is ever opened: names that could lead out are no keys, and what is a symbolic link is neither followed nor
 * listed. An object is written to a draft, flushed, and then given its name.
 */
export async function openFolderObjectStore(root: string): Promise<ObjectStore> {
  await mkdir(root, { recursive: true })
  await removeOldDrafts(root)
  return new FolderObjectStore(resolve(root))
}

/** In each bucket. */
const draftsFolder = '.everywrite-drafts'
/** By then nobody writes on a draft any more, though another process shared the folder. */
const draftKeptMs = 24 * 3600 * 1000
const readBytes = 64 * 1024
/** Not there on Windows, which follows no link that was checked before either. */
const noFollow = (constants as Partial<typeof constants>).O_NOFOLLOW ?? 0

class FolderObjectStore implements ObjectStore {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  async hasBucket(bucket: string): Promise<boolean> {
    return isBucketName(bucket) && (await statusOf(join(this.#root, bucket)))?.isDirectory() === true
  }

  async *list(bucket: string, prefix: string): AsyncGenerator<string> {
    await this.#assertBucket(bucket)
    if (prefixProblem(prefix) !== undefined) return
    const segments = prefix.split('/').slice(0, -1)
    const folder = await this.#folder(bucket, segments, 'leave')
    if (folder === undefined) return
    const begin = segments.map((segment) => `${segment}/`).join('')
    for await (const key of keysIn(folder, begin, prefix)) if (!isDraft(key)) yield key
  }

  async *read(bucket: string, key: string): AsyncGenerator<Uint8Array> {
    await this.#assertBucket(bucket)
    const file = await this.#open(bucket, key)
    try {
      for (;;) {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(readBytes), 0, readBytes)
        if (bytesRead === 0) return
        yield buffer.subarray(0, bytesRead)
      }
    } catch (error) {
      throw objectError(error)
    } finally {
      await file.close()
    }
  }

  async write(bucket: string, key: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#assertBucket(bucket)
    const problem = isDraft(key) ? 'it is where drafts are kept' : keyProblem(key)
    if (problem !== undefined) throw new ObjectStoreError('ACCESS_DENIED', `The key cannot be a file's name: ${problem}.`)
    const segments = key.split('/')
    const name = segments.pop() ?? ''
    let draft: string | undefined
    try {
      const drafts = await this.#folder(bucket, [draftsFolder], 'make')
      const folder = await this.#folder(bucket, segments, 'make')
      if (drafts === undefined || folder === undefined) throw notInside()
      draft = join(drafts, randomUUID())
      await writeFlushed(draft, content)
      await rename(draft, join(folder, name))
      await flushFolder(folder)
    } catch (error) {
      if (draft !== undefined) await rm(draft, { force: true })
      throw objectError(error)
    }
  }

  async #assertBucket(bucket: string): Promise<void> {
    if (!(await this.hasBucket(bucket))) throw new ObjectStoreError('NO_SUCH_BUCKET', 'The specified bucket does not exist')
  }

  async #open(bucket: string, key: string): Promise<FileHandle> {
    if (keyProblem(key) !== undefined || isDraft(key)) throw noSuchKey()
    const segments = key.split('/')
    const name = segments.pop() ?? ''
    try {
      const folder = await this.#folder(bucket, segments, 'leave')
      const path = folder === undefined ? undefined : join(folder, name)
      const status = path === undefined ? undefined : await statusOf(path)
      if (path === undefined || status === undefined) throw noSuchKey()
      if (!status.isFile()) throw notInside()
      return await open(path, constants.O_RDONLY | noFollow)
    } catch (error) {
      throw objectError(error)
    }
  }

  /** The folder of some segments of a key, each of them looked at; undefined when it is not there and shall not be made. */
  async #folder(bucket: string, segments: readonly string[], missing: 'make' | 'leave'): Promise<string | undefined> {
    let folder = join(this.#root, bucket)
    for (const segment of segments) {
      const next = join(folder, segment)
      let status = await statusOf(next)
      if (status === undefined) {
        if (missing === 'leave') return undefined
        await makeFolder(next)
        await flushFolder(folder)
        status = await lstat(next)
      }
      if (!status.isDirectory()) throw notInside()
      folder = next
    }
    return folder
  }
}

/** What processes left that were killed while they wrote. */
async function removeOldDrafts(root: string): Promise<void> {
  for (const bucket of await readdir(root, { withFileTypes: true })) {
    const drafts = join(root, bucket.name, draftsFolder)
    if (!bucket.isDirectory() || (await statusOf(drafts))?.isDirectory() !== true) continue
    for (const name of await readdir(drafts)) {
      const draft = join(drafts, name)
      const status = await statusOf(draft)
      if (status?.isFile() === true && status.mtimeMs < Date.now() - draftKeptMs) await rm(draft, { force: true })
    }
  }
}

/** Files below a folder whose keys begin with `prefix`. `begin` is the folder's own key, with a slash at its end. */
async function* keysIn(folder: string, begin: string, prefix: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw objectError(error)
  })
  const keyOf = (entry: Dirent): string => `${begin}${entry.name}${entry.isDirectory() ? '/' : ''}`
  const byKey = entries.map((entry) => ({ entry, key: keyOf(entry) })).sort((a, b) => (a.key < b.key ? -1 : 1))
  for (const { entry, key } of byKey) {
    const begins = key.startsWith(prefix) || (entry.isDirectory() && prefix.startsWith(key))
    if (!begins) continue
    if (entry.isDirectory()) yield* keysIn(join(folder, entry.name), key, prefix)
    else if (entry.isFile()) yield key
  }
}

function isDraft(key: string): boolean {
  return key === draftsFolder || key.startsWith(`${draftsFolder}/`)
}

async function writeFlushed(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx')
  try {
    for await (const piece of content) {
      for (let at = 0; at < piece.length;) at += (await file.write(piece, at)).bytesWritten
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    // Another object of the folder was faster.
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

async function statusOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw objectError(error)
  }
}

function noSuchKey(): ObjectStoreError {
  return new ObjectStoreError('NO_SUCH_KEY', 'The specified key does not exist.')
}

function notInside(): ObjectStoreError {
  return new ObjectStoreError('ACCESS_DENIED', 'Access Denied: the path leads over something that is no plain file or folder')
}

/** Errors of the file system get our codes; what else was thrown is somebody else's. */
function objectError(error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error
  const code = codeOf(error)
  const denied = code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ELOOP' || code === 'EISDIR' || code === 'ENOTDIR'
  if (code === 'ENOENT') return noSuchKey()
  return new ObjectStoreError(denied ? 'ACCESS_DENIED' : 'IO_ERROR', error.message, { cause: error })
}
