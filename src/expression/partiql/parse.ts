/**
 * Text to tree, remembered: applications send the same few statements over and over, with other parameters.
 * Refusals are remembered as well, since they depend on the text alone.
 */
import { BoundedCache } from '../../base/bounded-cache.ts'
import { invalid } from '../../item/invalid.ts'
import type { Invalid } from '../../item/invalid.ts'
import type { ParsedStatement } from './ast.ts'
import { Cursor, Refusal } from './cursor.ts'
import { parseStatement } from './statement-grammar.ts'

/** Applications have dozens. */
const entriesMax = 500
/** Longer texts, which have values written into them, are parsed each time: the cache must stay small whoever fills it. */
const cachedLengthMax = 1024
/** The service model's limit, for callers that do not come from the wire. */
const statementLengthMax = 8192

const cache = new BoundedCache<string, ParsedStatement | Invalid>(entriesMax)

export function parse(text: string): ParsedStatement | Invalid {
  if (text.length > cachedLengthMax) return parseAnew(text)
  const remembered = cache.get(text)
  if (remembered !== undefined) return remembered
  const parsed = parseAnew(text)
  cache.set(text, parsed)
  return parsed
}

function parseAnew(text: string): ParsedStatement | Invalid {
  if (text.length > statementLengthMax) return invalid(`Statement length must be less than or equal to ${statementLengthMax}`)
  const cursor = new Cursor(text)
  try {
    return { statement: parseStatement(cursor), values: cursor.values, parameters: cursor.parameters }
  } catch (error) {
    if (error instanceof Refusal) return invalid(error.message)
    throw error
  }
}
