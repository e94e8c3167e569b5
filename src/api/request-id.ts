import type { Random } from '../base/random.ts'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUV'
const length = 52
/** All pairs of characters: every request has an id, and two characters at a time are made faster. */
const pairs = Array.from({ length: 1024 }, (_, index) => alphabet.charAt(index >> 5) + alphabet.charAt(index & 31))

/** A request id as DynamoDB's look: 52 digits and capital letters. */
export function newRequestId(random: Random): string {
  let id = ''
  while (id.length < length) {
    const bits = random.uint32()
    id += (pairs[bits & 1023] ?? '') + (pairs[(bits >>> 10) & 1023] ?? '') + (pairs[(bits >>> 20) & 1023] ?? '')
  }
  return id.slice(0, length)
}
