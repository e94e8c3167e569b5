/**
 * Text to tree, remembered: applications send the same few expressions over and over, with other values.
 * Refusals are remembered as well, since they depend on the text alone.
 */
import { BoundedCache } from '../../base/bounded-cache.ts'
import { invalid } from '../../item/invalid.ts'
import type { Invalid } from '../../item/invalid.ts'
import type { Condition, Projection, Update } from './ast.ts'
import { conditionKeywords, parseCondition } from './condition-grammar.ts'
import { Cursor, Refusal } from './cursor.ts'
import { parsePath } from './operand-grammar.ts'
import { parseUpdate, updateKeywords } from './update-grammar.ts'

/** The request's parameter, as DynamoDB's messages name it. */
export type Parameter = keyof TreeOf

/** What each parameter is parsed to. */
export interface TreeOf {
  ConditionExpression: Condition
  FilterExpression: Condition
  KeyConditionExpression: Condition
  ProjectionExpression: Projection
  UpdateExpression: Update
}

export interface Parsed<Tree> {
  readonly tree: Tree
  /** Every `#name` and `:value` of the text, in its order. */
  readonly placeholders: ReadonlySet<string>
}

/** "The maximum length of any expression string is 4 KB", counted in bytes before placeholders are replaced. */
const expressionBytesMax = 4096
/** Per parameter. Applications have dozens. */
const entriesMax = 500
/** Longer texts are parsed each time: a tree takes some 25 times the memory of its text, and this cache must stay small whoever fills it. */
const cachedLengthMax = 1024

export function parse<P extends Parameter>(parameter: P, text: string): Parsed<TreeOf[P]> | Invalid {
  const grammar: Grammar<TreeOf[P]> = grammars[parameter]
  if (text.length > cachedLengthMax) return parseAnew(parameter, grammar, text)
  const remembered = grammar.cache.get(text)
  if (remembered !== undefined) return remembered
  const parsed = parseAnew(parameter, grammar, text)
  grammar.cache.set(text, parsed)
  return parsed
}

interface Grammar<Tree> {
  readonly keywords: ReadonlySet<string>
  readonly parse: (cursor: Cursor) => Tree
  readonly cache: BoundedCache<string, Parsed<Tree> | Invalid>
}

const grammars: { readonly [P in Parameter]: Grammar<TreeOf[P]> } = {
  ConditionExpression: { keywords: conditionKeywords, parse: parseCondition, cache: new BoundedCache(entriesMax) },
  FilterExpression: { keywords: conditionKeywords, parse: parseCondition, cache: new BoundedCache(entriesMax) },
  KeyConditionExpression: { keywords: conditionKeywords, parse: parseCondition, cache: new BoundedCache(entriesMax) },
  ProjectionExpression: { keywords: new Set(), parse: parseProjection, cache: new BoundedCache(entriesMax) },
  UpdateExpression: { keywords: updateKeywords, parse: parseUpdate, cache: new BoundedCache(entriesMax) },
}

function parseAnew<Tree>(parameter: Parameter, grammar: Grammar<Tree>, text: string): Parsed<Tree> | Invalid {
  if (text === '') return refused(parameter, 'The expression can not be empty;')
  const sizeBytes = Buffer.byteLength(text)
  if (sizeBytes > expressionBytesMax) {
    return refused(parameter, `Expression size has exceeded the maximum allowed size; expression size: ${sizeBytes}`)
  }
  const cursor = new Cursor(text, grammar.keywords)
  try {
    const tree = grammar.parse(cursor)
    return cursor.note === undefined ? { tree, placeholders: cursor.placeholders } : refused(parameter, cursor.note)
  } catch (error) {
    if (error instanceof Refusal) return refused(parameter, error.message)
    throw error
  }
}

function parseProjection(cursor: Cursor): Projection {
  const paths = cursor.list(() => parsePath(cursor))
  cursor.expectEnd()
  return paths
}

/** What every complaint about one expression begins with. */
export function refused(parameter: Parameter, reason: string): Invalid {
  return invalid(`Invalid ${parameter}: ${reason}`)
}
