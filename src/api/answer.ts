import { encodeImage } from '../engine/stored-item.ts'
import type { Item } from '../item/attribute-value.ts'

/**
 * Answers as bytes. Items are stored as the JSON in which they are answered, so an answer is put together from pieces that are
 * JSON already ({@link JsonBytes}) and small values that still have to be printed.
 */

/** What an operation answers: the members of the response body. Members that are undefined are left out. */
export type Answer = Readonly<Record<string, unknown>>

/** What is answered where the service model states no output: nothing, not even an empty object (API reference, TagResource). */
export const noBody: Answer = {}

/** A JSON value that is printed already, in pieces. Recognised only as a direct member of an {@link Answer}. */
export class JsonBytes {
  readonly pieces: readonly Uint8Array[]

  constructor(pieces: readonly Uint8Array[]) {
    this.pieces = pieces
  }
}

/** One printed value, such as the image of a stored item. */
export function jsonBytes(image: Uint8Array): JsonBytes {
  return new JsonBytes([image])
}

export function jsonItem(item: Item): JsonBytes {
  return new JsonBytes([encodeImage(item)])
}

/** A JSON array of printed values. */
export function jsonList(images: readonly Uint8Array[]): JsonBytes {
  if (images.length === 0) return new JsonBytes([emptyList])
  const pieces: Uint8Array[] = []
  for (const image of images) pieces.push(pieces.length === 0 ? openList : comma, image)
  pieces.push(closeList)
  return new JsonBytes(pieces)
}

/** A JSON object of printed values. */
export function jsonObject(entries: Iterable<readonly [string, JsonBytes]>): JsonBytes {
  const pieces: Uint8Array[] = []
  for (const [name, value] of entries) {
    pieces.push(Buffer.from(`${pieces.length === 0 ? '{' : ','}${JSON.stringify(name)}:`), ...value.pieces)
  }
  pieces.push(pieces.length === 0 ? emptyObject : closeObject)
  return new JsonBytes(pieces)
}

export function encodeAnswer(answer: Answer): Buffer {
  if (answer === noBody) return Buffer.alloc(0)
  const pieces: (string | Uint8Array)[] = []
  let text = '{'
  let separator = ''
  for (const name in answer) {
    const value = answer[name]
    if (value === undefined) continue
    text += `${separator}"${name}":`
    separator = ','
    if (value instanceof JsonBytes) {
      pieces.push(text, ...value.pieces)
      text = ''
    } else text += JSON.stringify(value)
  }
  text += '}'
  if (pieces.length === 0) return Buffer.from(text, 'utf8')
  pieces.push(text)
  return join(pieces)
}

function join(pieces: readonly (string | Uint8Array)[]): Buffer {
  let sizeBytes = 0
  for (const piece of pieces) sizeBytes += typeof piece === 'string' ? Buffer.byteLength(piece) : piece.length
  const body = Buffer.allocUnsafe(sizeBytes)
  let at = 0
  for (const piece of pieces) {
    if (typeof piece === 'string') at += body.write(piece, at)
    else {
      body.set(piece, at)
      at += piece.length
    }
  }
  return body
}

const openList = Buffer.from('[')
const closeList = Buffer.from(']')
const emptyList = Buffer.from('[]')
const comma = Buffer.from(',')
const closeObject = Buffer.from('}')
const emptyObject = Buffer.from('{}')
