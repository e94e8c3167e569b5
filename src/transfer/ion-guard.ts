import { NESTING_LEVELS_MAX } from '../item/parse-attribute-value.ts'

/**
 * Looks over Ion text before the Ion reader does, for what would cost that one more than the text is long: nesting (it looks again at each level) and
 * numbers (it makes big integers of them). It knows where strings, blobs and comments begin and end, and nothing else of Ion; what it lets
 * through may still be no Ion.
 *
 * @returns what is wrong with it; undefined: nothing that matters here
 */
export function excessIn(text: string): string | undefined {
  let depth = 0
  for (let at = 0; at < text.length;) {
    const char = text[at] ?? ''
    const end = char === "'" && text.startsWith("'''", at) ? endOfLongString(text, at) : endOfSpecial(text, at, char)
    if (end !== undefined) {
      at = end
      continue
    }
    if (char === '[' || char === '{' || char === '(') {
      depth++
      if (depth > depthMax) return 'it is nested too deeply'
    } else if (char === ']' || char === '}' || char === ')') depth--
    else if (digit.test(char)) {
      const numberEnd = endOfNumber(text, at)
      if (numberEnd - at > numberLengthMax) return 'it has a number that is too long'
      at = numberEnd
      continue
    }
    at++
  }
  return undefined
}

/** The values, and the two structs around them. */
const depthMax = NESTING_LEVELS_MAX + 2
/** 38 digits with as many zeros as the range allows, twice over. */
const numberLengthMax = 400
const digit = /[0-9]/
const inNumber = /[0-9A-Za-z_.+:-]*/y
/** An unquoted name may hold digits; it is passed over as a whole. */
const symbol = /[A-Za-z_$][A-Za-z0-9_$]*/y

/** The end of a string, quoted symbol, blob, comment or name that begins here; undefined when none does. */
function endOfSpecial(text: string, at: number, char: string): number | undefined {
  if (char === '"' || char === "'") return endOfQuoted(text, at, char)
  if (char === '{' && text[at + 1] === '{') return endOfBlob(text, at)
  if (char === '/' && text[at + 1] === '/') return endAfter(text, '\n', at + 2)
  if (char === '/' && text[at + 1] === '*') return endAfter(text, '*/', at + 2)
  symbol.lastIndex = at
  return symbol.test(text) ? symbol.lastIndex : undefined
}

function endOfQuoted(text: string, at: number, quote: string): number {
  for (let next = at + 1; next < text.length; next++) {
    if (text[next] === '\\') next++
    else if (text[next] === quote) return next + 1
  }
  return text.length
}

function endOfLongString(text: string, at: number): number {
  for (let next = at + 3; next < text.length; next++) {
    if (text[next] === '\\') next++
    else if (text.startsWith("'''", next)) return next + 3
  }
  return text.length
}

/** What stands in double braces and is quoted is a clob, which is no attribute value; its quotes end it. */
function endOfBlob(text: string, at: number): number {
  return endAfter(text, '}}', at + 2)
}

function endAfter(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from)
  return found < 0 ? text.length : found + mark.length
}

function endOfNumber(text: string, at: number): number {
  inNumber.lastIndex = at
  inNumber.test(text)
  return inNumber.lastIndex
}
