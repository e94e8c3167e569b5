import { Decompress } from 'fzstd'
import { DamagedContent } from './damaged-content.ts'

/**
 * Zstandard (RFC 8878), frame by frame and block by block, so that nothing is held but a frame's window. The frames are taken apart here, since
 * the library would give a frame any window that its header asks for, and takes a truncated one for whole; it decompresses the blocks. Checksums
 * of the content are skipped: what they guard is JSON, Ion or CSV, which is checked itself.
 *
 *   frame:  magic(4)  descriptor(1)  window(0-1)  dictionary(0-4)  size(0-8)  block…  checksum(0 or 4)
 *   block:  last(1 bit) type(2 bits) size(21 bits), little endian  content
 */
export async function* unzstd(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = new ByteQueue(content)
  while (!(await input.atEnd())) {
    const magic = (await input.take(4)).readUInt32LE()
    if (magic >>> 4 === skippableMagic) await input.skip((await input.take(4)).readUInt32LE())
    else if (magic === frameMagic) yield* frame(input)
    else throw new DamagedContent('it is no valid zstd file: no frame begins here')
  }
}

const frameMagic = 0xfd2fb528
const skippableMagic = 0x184d2a5
/** Files of the levels up to 20 need no more. */
export const ZSTD_WINDOW_BYTES_MAX = 32 * 2 ** 20
const blockBytesMax = 128 * 1024
const dictionaryBytes = [0, 1, 2, 4]
const repeatedByte = 1
const reserved = 3
const checksumFlag = 4

async function* frame(input: ByteQueue): AsyncGenerator<Uint8Array> {
  const { header, hasChecksum } = await frameHeader(input)
  let output: Uint8Array[] = []
  const decompressor = new Decompress((piece) => output.push(Buffer.from(piece)))
  const push = (bytes: Buffer, last: boolean): void => {
    try {
      decompressor.push(bytes, last)
    } catch (error) {
      throw new DamagedContent(`it is no valid zstd file: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
  // The library waits for more than a header before it reads one.
  let before: Buffer = header
  for (let last = false; !last;) {
    const blockHeader = await input.take(3)
    const bits = blockHeader.readUIntLE(0, 3)
    last = (bits & 1) === 1
    const [type, size] = [(bits >> 1) & 3, bits >> 3]
    if (type === reserved || size > blockBytesMax) throw new DamagedContent('it is no valid zstd file: a block cannot be like this')
    // Only the byte that is repeated stands there.
    const block = await input.take(type === repeatedByte ? 1 : size)
    push(Buffer.concat([before, blockHeader, block]), last)
    before = Buffer.alloc(0)
    yield* output
    output = []
  }
  if (hasChecksum) await input.take(4)
}

async function frameHeader(input: ByteQueue): Promise<{ readonly header: Buffer; readonly hasChecksum: boolean }> {
  const descriptor = (await input.take(1)).readUInt8()
  const isSingleSegment = ((descriptor >> 5) & 1) === 1
  const sizeFlag = descriptor >> 6
  const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeFlag
  const window = await input.take(isSingleSegment ? 0 : 1)
  const dictionary = await input.take(dictionaryBytes[descriptor & 3] ?? 0)
  const size = await input.take(sizeBytes)
  if (dictionary.some((byte) => byte !== 0)) throw new DamagedContent('it needs a zstd dictionary')
  const windowBytes = isSingleSegment ? contentBytes(size) : windowBytesOf(window.readUInt8())
  if (windowBytes > ZSTD_WINDOW_BYTES_MAX) {
    throw new DamagedContent(`it needs a zstd window of ${windowBytes} bytes, more than ${ZSTD_WINDOW_BYTES_MAX}`)
  }
  const magic = Buffer.alloc(4)
  magic.writeUInt32LE(frameMagic)
  // The checksum is not handed on, so the header says that there is none.
  const header = Buffer.concat([magic, Buffer.of(descriptor & ~checksumFlag), window, dictionary, size])
  return { header, hasChecksum: (descriptor & checksumFlag) !== 0 }
}

function windowBytesOf(byte: number): number {
  const base = 2 ** (10 + (byte >> 3))
  return base + (base / 8) * (byte & 7)
}

/** Two bytes count from 256 on. */
function contentBytes(size: Buffer): number {
  if (size.length === 8) return Number(size.readBigUInt64LE())
  return size.readUIntLE(0, size.length) + (size.length === 2 ? 256 : 0)
}

/** Takes exactly as many bytes as are wanted from pieces of any size. */
class ByteQueue {
  readonly #source: AsyncIterator<Uint8Array>
  #rest: Buffer = Buffer.alloc(0)

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#source = content[Symbol.asyncIterator]()
  }

  async atEnd(): Promise<boolean> {
    while (this.#rest.length === 0) if (!(await this.#more())) return true
    return false
  }

  async take(bytes: number): Promise<Buffer> {
    const parts: Buffer[] = []
    let missing = bytes
    while (missing > 0) {
      if (await this.atEnd()) throw new DamagedContent('it is no valid zstd file: it ends too early')
      const part = this.#rest.subarray(0, missing)
      this.#rest = this.#rest.subarray(part.length)
      parts.push(part)
      missing -= part.length
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
  }

  async skip(bytes: number): Promise<void> {
    for (let missing = bytes; missing > 0;) missing -= (await this.take(Math.min(missing, blockBytesMax))).length
  }

  async #more(): Promise<boolean> {
    const next = await this.#source.next()
    if (next.done === true) return false
    const { buffer, byteOffset, byteLength } = next.value
    this.#rest = Buffer.from(buffer, byteOffset, byteLength)
    return true
  }
}
