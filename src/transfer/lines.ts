/** Text that is longer than any item's can be, without a line's end. */
export class RecordTooLong extends Error {
  override readonly name = 'RecordTooLong'
  readonly code = 'RECORD_TOO_LONG'

  constructor(bytesMax: number) {
    super(`it has more than ${bytesMax} bytes`)
  }
}

/**
 * The lines of a text, without their ends (LF or CR LF); empty ones are left out. No more is held than a line of `bytesMax`.
 * @throws {RecordTooLong}
 */
export async function* linesOf(content: AsyncIterable<Uint8Array>, bytesMax: number): AsyncGenerator<Uint8Array> {
  let begun: Uint8Array[] = []
  let begunBytes = 0
  for await (const piece of content) {
    let from = 0
    for (let end = piece.indexOf(lineFeed); end >= 0; end = piece.indexOf(lineFeed, from)) {
      const part = piece.subarray(from, end)
      if (begunBytes + part.length > bytesMax) throw new RecordTooLong(bytesMax)
      const line = withoutReturn(begun.length === 0 ? part : Buffer.concat([...begun, part]))
      if (line.length > 0) yield line
      begun = []
      begunBytes = 0
      from = end + 1
    }
    begunBytes += piece.length - from
    if (begunBytes > bytesMax) throw new RecordTooLong(bytesMax)
    if (from < piece.length) begun.push(piece.subarray(from))
  }
  const line = withoutReturn(Buffer.concat(begun))
  if (line.length > 0) yield line
}

const lineFeed = 0x0a
const carriageReturn = 0x0d

function withoutReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line
}
