/**
 * Whether a file can be the LMDB environment that it claims to be, asked before LMDB maps it. LMDB trusts its file: one that was overwritten,
 * or copied only in part, ends the process by a signal, and then nobody is told why.
 *
 * Looked at is what costs one read: the two meta pages, and whether the file is long enough for all the pages that the trees count. What is
 * inside the pages is not looked at, so damage there goes unseen. An intact file is never refused.
 *
 *     meta page:  … flags@18:u16 … magic@24:u32 version@28:u32 … tree@48 tree@96 lastPage@144:u64 transaction@152:u64
 *     tree:       pageSize@0:u32 flags@4 depth@6 branchPages@8:u64 leafPages@16:u64 overflowPages@24:u64 …
 *
 * Offsets as lmdb 3.5 writes them on 64-bit little-endian machines (observed; the header is LMDB's `MDB_page` and `MDB_meta`).
 */
import { open } from 'node:fs/promises'
import { codeOf } from './operator-error.ts'

const metaFlag = 0x08
const magic = 0xbeefc0de
const treeOffsets = [48, 96] as const
const metaBytes = 160
const pageBytesMin = 512
const pageBytesMax = 65_536

/** @returns what is wrong with the file, as the end of a sentence that begins with its name; undefined when it may be opened, or made */
export async function storeFileDamage(path: string): Promise<string | undefined> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (file === undefined) return undefined
  try {
    const { size } = await file.stat()
    // A process that was killed while it made the store leaves an empty file, and nothing was acknowledged by it.
    if (size === 0) return undefined
    const start = new DataView(new ArrayBuffer(pageBytesMax + metaBytes))
    const { bytesRead } = await file.read(start, { position: 0 })
    return damageIn(new DataView(start.buffer, 0, bytesRead), size)
  } finally {
    await file.close()
  }
}

function damageIn(start: DataView, fileBytes: number): string | undefined {
  if (!isMeta(start, 0)) return 'is not a store of everywrite'
  const pageBytes = start.getUint32(treeOffsets[0], true)
  if (pageBytes < pageBytesMin || pageBytes > pageBytesMax) return 'is not a store of everywrite'
  if (!isMeta(start, pageBytes)) return fileBytes < 2 * pageBytes ? tooShort(2, fileBytes, pageBytes) : 'is damaged at its beginning'
  const newest = transactionOf(start, 0) > transactionOf(start, pageBytes) ? 0 : pageBytes
  const pages = 2n + treeOffsets.reduce((sum, offset) => sum + pagesOfTree(start, newest + offset), 0n)
  return BigInt(fileBytes) < pages * BigInt(pageBytes) ? tooShort(pages, fileBytes, pageBytes) : undefined
}

function tooShort(pages: number | bigint, fileBytes: number, pageBytes: number): string {
  return `was cut off: it has ${fileBytes} bytes of at least ${BigInt(pages) * BigInt(pageBytes)}`
}

function isMeta(start: DataView, at: number): boolean {
  if (start.byteLength < at + metaBytes) return false
  return (start.getUint16(at + 18, true) & metaFlag) !== 0 && start.getUint32(at + 24, true) === magic
}

function transactionOf(start: DataView, at: number): bigint {
  return start.getBigUint64(at + 152, true)
}

/** A tree of one page counts it as a leaf, an empty one counts none. */
function pagesOfTree(start: DataView, at: number): bigint {
  return [8, 16, 24].reduce((sum, offset) => sum + start.getBigUint64(at + offset, true), 0n)
}
