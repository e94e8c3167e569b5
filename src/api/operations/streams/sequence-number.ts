import type { Sequence } from '../../../engine/change-log.ts'

/** Sequence numbers on the wire: decimals of 21 digits, so that they have DynamoDB's length and the same order as text and as numbers. */
export function printSequence(sequence: Sequence): string {
  return String(offset + sequence)
}

/** Undefined when no record can have that number. */
export function parseSequence(text: string): Sequence | undefined {
  if (!/^\d{21,40}$/.test(text)) return undefined
  const sequence = BigInt(text) - offset
  return sequence >= 0n && sequence < sequences ? sequence : undefined
}

const offset = 10n ** 20n
const sequences = 1n << 64n
