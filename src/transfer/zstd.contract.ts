/** A zstd frame that stores a text as it is, for tests: this runtime has no compressor. */
export function storedZstd(text: string): Buffer {
  const bytes = Buffer.from(text)
  const size = Buffer.alloc(4)
  size.writeUInt32LE(bytes.length)
  const parts = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0b1010_0000]), size]
  const blocks = Math.max(1, Math.ceil(bytes.length / blockBytes))
  for (let at = 0; at < blocks; at++) {
    const block = bytes.subarray(at * blockBytes, (at + 1) * blockBytes)
    const header = Buffer.alloc(3)
    header.writeUIntLE((block.length << 3) | (at === blocks - 1 ? 1 : 0), 0, 3)
    parts.push(header, block)
  }
  return Buffer.concat(parts)
}

const blockBytes = 100_000
