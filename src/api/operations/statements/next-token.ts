import { createHash } from 'node:crypto'
import type { Position } from '../items/range-reading.ts'
import type { StatementInput } from './statement.ts'

/**
 * The NextToken of a SELECT: where the next page begins, bound to the statement, its parameters and the table.
 *
 *   version(1) fingerprint(16) range(2) key          in base64
 *
 * Nothing is trusted to it: a position outside of what the statement reads is refused where it is used.
 */
const version = 1
const fingerprintBytes = 16
const headerBytes = 1 + fingerprintBytes + 2

export function encodeNextToken(position: Position, of: StatementInput, tableId: string): string {
  const header = Buffer.alloc(headerBytes)
  header[0] = version
  header.set(fingerprintOf(of, tableId), 1)
  header.writeUInt16BE(position.range, 1 + fingerprintBytes)
  return Buffer.concat([header, position.key]).toString('base64')
}

/** Undefined when it is no token, or that of another statement. */
export function decodeNextToken(token: string, of: StatementInput, tableId: string): Position | undefined {
  const bytes = Buffer.from(token, 'base64')
  if (bytes.length < headerBytes || bytes[0] !== version || bytes.toString('base64') !== token) return undefined
  if (!bytes.subarray(1, 1 + fingerprintBytes).equals(fingerprintOf(of, tableId))) return undefined
  return { range: bytes.readUInt16BE(1 + fingerprintBytes), key: bytes.subarray(headerBytes) }
}

function fingerprintOf({ Statement, Parameters = [] }: StatementInput, tableId: string): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([tableId, Statement, Parameters]))
    .digest()
    .subarray(0, fingerprintBytes)
}
