import { assert } from '../base/assert.ts'
import { StoredItem } from '../engine/stored-item.ts'
import type { Shown } from './policy.ts'
import { shownAs } from './policy.ts'
import type { Siblings } from './siblings.ts'
import type { Version } from './version.ts'
import { asBuffer, decodeVersion, storedOf, versionLayout } from './version.ts'

/**
 * What is stored under an item's key: its siblings. One version is stored as it is; several as
 *
 *   layout(1)=2  count(1)  { marks(1) length(4) version }      marks: 1 = recorded, 2 = shown, where it is not the highest
 *   layout(1)=3  the same, then shows(1) sizeBytes(4) image      where what is shown is none of them, but made of several; shows: 0 = nothing
 *
 * `recorded` says that the version stands in this replica's ledger. What is shown was decided when the cell was written, by the policy of then:
 * reading asks no policy, and a table whose policy changes is brought to the new one cell by cell.
 */
export interface Cell {
  readonly siblings: Siblings
  /** Those of the siblings that the ledger has already. */
  readonly recorded: ReadonlySet<Version>
  /** Undefined: nothing is held. */
  readonly shown: Shown | undefined
}

export const emptyCell: Cell = { siblings: [], recorded: new Set(), shown: undefined }

/** The cell of an item without conflict. */
export function cellOf(version: Version): Cell {
  return { siblings: [version], recorded: emptyCell.recorded, shown: shownAs(version) }
}

export function decodeCell(bytes: Uint8Array | undefined): Cell {
  if (bytes === undefined) return emptyCell
  if (bytes[0] === versionLayout) return cellOf(decodeVersion(bytes))
  assert(bytes[0] === severalLayout || bytes[0] === joinedLayout, `cell layout ${bytes[0]}`)
  const buffer = asBuffer(bytes)
  const siblings: Version[] = []
  const recorded = new Set<Version>()
  let shown: Version | undefined
  let at = 2
  for (let count = buffer.readUInt8(1); count > 0; count--) {
    const length = buffer.readUInt32BE(at + 1)
    const version = decodeVersion(buffer.subarray(at + 5, at + 5 + length))
    const marks = buffer.readUInt8(at)
    siblings.push(version)
    if ((marks & recordedMark) !== 0) recorded.add(version)
    if ((marks & shownMark) !== 0) shown = version
    at += 5 + length
  }
  shown ??= siblings.at(-1)
  assert(shown !== undefined, 'a cell of several siblings has some')
  return { siblings, recorded, shown: bytes[0] === joinedLayout ? { version: shown, stored: joinedAt(buffer, at) } : shownAs(shown) }
}

/** Undefined when nothing is left to store. */
export function encodeCell({ siblings, recorded, shown }: Cell): Uint8Array | undefined {
  const [first] = siblings
  if (first === undefined) return undefined
  if (siblings.length === 1) return first.bytes
  assert(siblings.length <= siblingsMax, `${siblings.length} siblings of one item`)
  const joined = isJoined(shown) ? { stored: shown?.stored } : undefined
  const joinedBytes = joined === undefined ? 0 : 5 + (joined.stored?.image.length ?? 0)
  const bytes = Buffer.allocUnsafe(siblings.reduce((sum, version) => sum + 5 + version.bytes.length, 2) + joinedBytes)
  bytes[0] = joined === undefined ? severalLayout : joinedLayout
  bytes[1] = siblings.length
  let at = 2
  for (const version of siblings) {
    bytes[at] = (recorded.has(version) ? recordedMark : 0) | (version === shown?.version && version !== siblings.at(-1) ? shownMark : 0)
    bytes.writeUInt32BE(version.bytes.length, at + 1)
    bytes.set(version.bytes, at + 5)
    at += 5 + version.bytes.length
  }
  if (joined !== undefined) {
    bytes[at] = joined.stored === undefined ? 0 : 1
    bytes.writeUInt32BE(joined.stored?.sizeBytes ?? 0, at + 1)
    if (joined.stored !== undefined) bytes.set(joined.stored.image, at + 5)
  }
  return bytes
}

/** Whether what is shown is made of several versions. */
export function isJoined(shown: Shown | undefined): boolean {
  return shown !== undefined && shown.stored !== shown.version.stored
}

/** What a read of the cell returns. An item without conflict is not decoded. */
export function shownIn(bytes: Uint8Array): StoredItem | undefined {
  if (bytes[0] === versionLayout) return storedOf(bytes)
  if (bytes[0] !== joinedLayout) return decodeCell(bytes).shown?.stored
  const buffer = asBuffer(bytes)
  let at = 2
  for (let count = buffer.readUInt8(1); count > 0; count--) at += 5 + buffer.readUInt32BE(at + 1)
  return joinedAt(buffer, at)
}

function joinedAt(bytes: Buffer, at: number): StoredItem | undefined {
  return bytes[at] === 0 ? undefined : new StoredItem(bytes.subarray(at + 5), bytes.readUInt32BE(at + 1))
}

const severalLayout = 2
const joinedLayout = 3
const recordedMark = 1
const shownMark = 2
/** One per incarnation at most; the number of Regions that AWS has is far below. */
const siblingsMax = 255
