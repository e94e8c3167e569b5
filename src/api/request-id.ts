import type { Random } from '../base/random.ts'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUV'
const length = 52
const charactersPerDraw = 6

/** A request id as DynamoDB's look: 52 digits and capital letters. */
export function newRequestId(random: Random): string {
  let id = ''
  while (id.length < length) {
    let bits = random.uint32()
    for (let drawn = 0; drawn < charactersPerDraw && id.length < length; drawn++) {
      id += alphabet.charAt(bits & 31)
      bits >>>= 5
    }
  }
  return id
}
