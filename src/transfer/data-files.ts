import { createHash } from 'node:crypto'
import type { Random } from '../base/random.ts'
import { gzipped } from './compression.ts'
import type { ObjectStore } from './object-store.ts'

/** One line of an export, and the bytes of the item that it tells of. */
export interface ExportLine {
  readonly text: string
  readonly sizeBytes: number
}

/** A data file as the manifest lists it. */
export interface DataFile {
  readonly key: string
  readonly itemCount: number
  readonly md5: Buffer
}

export interface DataFiles {
  readonly files: readonly DataFile[]
  readonly itemCount: number
  readonly sizeBytes: number
}

/**
 * Writes lines to compressed files of moderate size under made up names, one after the other. There is always one, though it be empty (developer
 * guide, "DynamoDB table export output format").
 */
export async function writeDataFiles(lines: AsyncIterable<ExportLine>, target: DataTarget): Promise<DataFiles> {
  const source = lines[Symbol.asyncIterator]()
  const files: DataFile[] = []
  let [itemCount, sizeBytes] = [0, 0]
  try {
    let next = await source.next()
    do {
      const key = `${target.folder}/${dataFileName(target.random)}.${target.extension}`
      const md5 = createHash('md5')
      let itemsInFile = 0
      const content = async function* (): AsyncGenerator<Uint8Array> {
        let pending: string[] = []
        let pendingChars = 0
        for (let chars = 0; next.done !== true && chars < fileCharsMax; next = await source.next()) {
          const { text, sizeBytes: bytes } = next.value
          itemsInFile++
          sizeBytes += bytes
          chars += text.length
          pending.push(text)
          pendingChars += text.length
          if (pendingChars < pieceChars) continue
          yield Buffer.from(pending.join(''), 'utf8')
          pending = []
          pendingChars = 0
        }
        yield Buffer.from(pending.join(''), 'utf8')
      }
      await target.objects.write(target.bucket, key, hashed(gzipped(content()), md5))
      files.push({ key, itemCount: itemsInFile, md5: md5.digest() })
      itemCount += itemsInFile
      target.written(itemCount)
    } while (next.done !== true)
  } finally {
    await source.return?.()
  }
  return { files, itemCount, sizeBytes }
}

export interface DataTarget {
  readonly objects: ObjectStore
  readonly bucket: string
  readonly folder: string
  /** `json.gz` */
  readonly extension: string
  readonly random: Random
  /** Hears of each file, with the number of items so far. */
  readonly written: (itemCount: number) => void
}

/** Of text, before it is compressed. */
const fileCharsMax = 64 * 2 ** 20
const pieceChars = 64 * 1024
const nameAlphabet = 'abcdefghijklmnopqrstuvwxyz234567'
const nameLength = 26

async function* hashed(content: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>): AsyncGenerator<Uint8Array> {
  for await (const piece of content) {
    hash.update(piece)
    yield piece
  }
}

function dataFileName(random: Random): string {
  return Array.from({ length: nameLength }, () => nameAlphabet[random.uint32() % nameAlphabet.length]).join('')
}
