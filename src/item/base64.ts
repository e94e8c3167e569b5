import type { Invalid } from './invalid.ts'
import { invalidShape } from './invalid.ts'

/**
 * Base64 as DynamoDB takes it: the standard alphabet, with padding, and nothing in the bits that no byte uses. So there is one
 * text for every value, and equal binary values are equal texts.
 */

const ALPHABET_AND_PADDING = /^[A-Za-z0-9+/]*={0,2}$/
/** A last character whose unused bits are zero: four of them before `==`, two before `=`. */
const ENDS_CLEANLY = /(?:[AQgw]==|[AEIMQUYcgkosw048]=|[^=])$/

/**
 * Why the text is not canonical base64, or undefined. The text about the length was seen (2020); the one about the last
 * character is recalled, with its spelling; the one about the alphabet is a guess.
 */
export function base64Problem(text: string): Invalid | undefined {
  if (text === '') return undefined
  if (text.length % 4 !== 0) return invalidShape(`Base64 encoded length is expected a multiple of 4 bytes but found: ${text.length}`)
  if (!ALPHABET_AND_PADDING.test(text)) return invalidShape('Invalid Base64 character')
  if (!ENDS_CLEANLY.test(text.slice(-3))) return invalidShape('Invalid last non-pad Base64 character dectected')
  return undefined
}
