import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { flushFolder } from '../storage/durable-folder.ts'
import { codeOf } from './operator-error.ts'

/**
 * A file of JSON lines that is only appended to. What `append` has settled for is on the disk. A process that died while it wrote may have left
 * half a line at the end; it is cut off before anything is appended, so that every line is whole.
 *
 * The file is opened for each append: one that was moved away meanwhile is begun anew. Appends must not overlap.
 */
export class JsonlFile {
  readonly #path: string
  #isMended = false

  constructor(path: string) {
    this.#path = path
  }

  /** @param lines each of them without a line feed in it */
  async append(lines: readonly Uint8Array[]): Promise<void> {
    if (!this.#isMended) {
      await mkdir(dirname(this.#path), { recursive: true })
      await mend(this.#path)
    }
    this.#isMended = false
    const file = await open(this.#path, 'a')
    try {
      const { size } = await file.stat()
      await file.appendFile(Buffer.concat(lines.flatMap((line) => [line, lineFeed])))
      await file.datasync()
      if (size === 0) await flushFolder(dirname(this.#path))
    } finally {
      await file.close()
    }
    this.#isMended = true
  }
}

const lineFeed = Buffer.from('\n')
const lookBackBytes = 64 * 1024

/** Cuts off what follows the last line feed. */
async function mend(path: string): Promise<void> {
  const file = await open(path, 'r+').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (file === undefined) return
  try {
    const { size } = await file.stat()
    let end = size
    const piece = Buffer.alloc(Math.min(lookBackBytes, Math.max(1, size)))
    for (let to = size; to > 0;) {
      const from = Math.max(0, to - piece.length)
      const { bytesRead } = await file.read(piece, 0, to - from, from)
      const at = piece.subarray(0, bytesRead).lastIndexOf(0x0a)
      end = at < 0 ? from : from + at + 1
      to = at < 0 ? from : 0
    }
    if (end === size) return
    await file.truncate(end)
    await file.datasync()
  } finally {
    await file.close()
  }
}
