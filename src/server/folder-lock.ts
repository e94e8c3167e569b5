/**
 * One process per data folder. The lock is a listening socket, because the kernel closes it with the process however the process ends, and
 * because a number of a process says nothing about processes in another container.
 *
 * The sockets are files in `DIR/lock/`, numbered upwards. A file whose socket refuses connections is the trace of a holder that is gone.
 *
 *     1. look at the files; if one of them answers, the folder is locked
 *     2. listen on a new socket, and link it to the number after the highest; a rival who is faster wins, begin again
 *     3. look again: if there is a higher number now, give up what was linked and begin again
 *     4. remove the lower numbers
 *
 * The highest number is never removed, also when its holder ends, so no number is ever used twice; and a process that was slow between
 * steps 1 and 2 and links a number that had been removed finds a higher one in step 3. Linking after listening means that a numbered file
 * answers from its first moment.
 *
 * A socket's path is limited to about 100 bytes; Linux gets a short one by way of an open folder, others use the folder for temporary
 * files. Windows has named pipes, which vanish with the process.
 */
import { createHash, randomUUID } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { link, mkdir, open, readdir, realpath, rm, stat } from 'node:fs/promises'
import type { Server } from 'node:net'
import { connect, createServer } from 'node:net'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { codeOf } from './operator-error.ts'

export interface FolderLock {
  release(): Promise<void>
}

/** Undefined when a living process holds the folder. Waits for nobody. */
export async function lockFolder(folder: string): Promise<FolderLock | undefined> {
  const name = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
    .slice(0, 32)
  if (platform() === 'win32') return lockPipe(`\\\\.\\pipe\\everywrite-${name}`)
  try {
    return await lockIn(join(folder, 'lock'))
  } catch (error) {
    if (!cannotHoldSockets.has(codeOf(error))) throw error
    // Some shared and network file systems have no sockets.
    return lockIn(join(tmpdir(), `everywrite-${name}`))
  }
}

const cannotHoldSockets: ReadonlySet<unknown> = new Set(['EOPNOTSUPP', 'ENOTSUP', 'EPERM', 'EINVAL', 'ENAMETOOLONG', 'ENOSYS'])

async function lockIn(locks: string): Promise<FolderLock | undefined> {
  await mkdir(locks, { recursive: true })
  const places = await Places.open(locks)
  try {
    for (;;) {
      const before = await numbersIn(locks)
      for (const number of before) if (await answers(places.pathOf(String(number)))) return undefined
      const next = (before.at(-1) ?? 0) + 1
      const server = await linkAt(locks, places, next)
      if (server === undefined) continue
      const after = await numbersIn(locks)
      if (after.some((number) => number > next)) {
        await closed(server)
        await rm(join(locks, String(next)), { force: true })
        continue
      }
      for (const name of await readdir(locks)) if (Number(name) !== next) await rm(join(locks, name), { force: true })
      return { release: () => closed(server) }
    }
  } finally {
    await places.close()
  }
}

/** @returns undefined when a rival has the number, or removed the socket before it was linked */
async function linkAt(locks: string, places: Places, number: number): Promise<Server | undefined> {
  const own = `new-${randomUUID().slice(0, 8)}`
  const server = await listen(places.pathOf(own))
  try {
    await link(join(locks, own), join(locks, String(number)))
    return server
  } catch (error) {
    await closed(server)
    if (codeOf(error) === 'EEXIST' || codeOf(error) === 'ENOENT') return undefined
    throw error
  } finally {
    await rm(join(locks, own), { force: true })
  }
}

/** In ascending order. */
async function numbersIn(locks: string): Promise<readonly number[]> {
  const names = await readdir(locks)
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b)
}

async function lockPipe(path: string): Promise<FolderLock | undefined> {
  try {
    const server = await listen(path)
    return { release: () => closed(server) }
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE' || codeOf(error) === 'EACCES') return undefined
    throw error
  }
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((connection) => connection.destroy())
    server.once('error', reject)
    server.listen(path, () => {
      server.unref()
      resolve(server)
    })
  })
}

/** Whether a process listens; it need not have the time to say anything. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(path)
    connection.once('connect', () => {
      connection.destroy()
      resolve(true)
    })
    connection.once('error', (error) => resolve(codeOf(error) !== 'ECONNREFUSED' && codeOf(error) !== 'ENOENT'))
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

/** Paths of sockets in a folder, short enough to be used. */
class Places {
  readonly #folder: string
  readonly #handle: FileHandle | undefined

  private constructor(folder: string, handle: FileHandle | undefined) {
    this.#folder = folder
    this.#handle = handle
  }

  static async open(folder: string): Promise<Places> {
    if (Buffer.byteLength(folder) + socketNameBytesMax <= socketPathBytesMax) return new Places(folder, undefined)
    const handle = await open(folder, 'r')
    const { ino } = await stat(folder)
    const short = `/proc/self/fd/${handle.fd}`
    const same = await stat(short).then(
      (found) => found.ino === ino,
      () => false,
    )
    if (same) return new Places(short, handle)
    await handle.close()
    throw Object.assign(new Error(`the path ${folder} is too long for a socket`), { code: 'ENAMETOOLONG' })
  }

  pathOf(name: string): string {
    return join(this.#folder, name)
  }

  async close(): Promise<void> {
    await this.#handle?.close()
  }
}

/** 104 on macOS, 108 on Linux, with the final zero. */
const socketPathBytesMax = 100
const socketNameBytesMax = 20
