/**
 * Paths, values and operands.
 *
 *   path    ::= name ( '.' name | '[' number ']' | '[' string ']' )*
 *   value   ::= string | [ '+' | '-' ] number | TRUE | FALSE | NULL | '?' | '[' values ']' | '<<' values '>>' | '{' string ':' value … '}'
 *   operand ::= path | value | SIZE '(' path ')' | '(' operand ')'
 */
import type { PathStep } from '../path.ts'
import type { Operand, WrittenPath } from '../syntax/ast.ts'
import type { ValueExpression } from './ast.ts'
import { malformed, Refusal } from './cursor.ts'
import type { Cursor } from './cursor.ts'

/** As in expressions: "Document paths can be up to 32 levels deep". */
const pathStepsMax = 32
const listIndexMax = 2 ** 31 - 1

export function parsePath(cursor: Cursor): WrittenPath {
  const path: PathStep[] = [cursor.expectName()]
  for (;;) {
    if (cursor.takeSymbol('.')) path.push(parseName(cursor))
    else if (cursor.takeSymbol('[')) path.push(parseStep(cursor))
    else break
  }
  // A guess, after the text of expressions.
  if (path.length > pathStepsMax) {
    throw new Refusal(`The document path has too many nesting levels; nesting levels: ${path.length}`)
  }
  return path
}

/** The text is recalled. */
function parseName(cursor: Cursor): string {
  const { kind } = cursor.token
  if (kind !== 'word' && kind !== 'quoted') cursor.failAt('Unexpected path component')
  return cursor.expectName()
}

/** `[3]`, or `['name']`, which PartiQL takes for a map. */
function parseStep(cursor: Cursor): PathStep {
  const { kind, text } = cursor.token
  const index = kind === 'number' && /^[0-9]+$/.test(text) ? Number(text) : undefined
  if ((index === undefined || index > listIndexMax) && (kind !== 'string' || text === '')) cursor.failAt('Unexpected path component')
  cursor.advance()
  cursor.expectSymbol(']')
  return index ?? text
}

/** An operand of a condition, where SIZE stands for a value as well. */
export function parseOperand(cursor: Cursor): Operand {
  if (cursor.atSymbol('(')) return parseGrouped(cursor, parseOperand)
  return cursor.atCall() && cursor.word() === 'SIZE' ? parseSize(cursor) : parsePathOrValue(cursor)
}

/** An operand of what is set. */
export function parseData(cursor: Cursor): Operand {
  return cursor.atSymbol('(') ? parseGrouped(cursor, parseData) : parsePathOrValue(cursor)
}

function parseGrouped(cursor: Cursor, parseInner: (cursor: Cursor) => Operand): Operand {
  cursor.advance()
  const operand = cursor.nested(() => parseInner(cursor))
  cursor.expectSymbol(')')
  return operand
}

/** That other functions than those of their place are refused so is a guess. */
function parsePathOrValue(cursor: Cursor): Operand {
  if (cursor.atCall()) cursor.failAt(`Unsupported function: ${cursor.word()}`)
  return atValue(cursor) ? cursor.enter(parseValue(cursor)) : { kind: 'path', path: parsePath(cursor) }
}

function parseSize(cursor: Cursor): Operand {
  cursor.advance()
  cursor.expectSymbol('(')
  const operands = cursor.nested(() => [parseOperand(cursor)])
  cursor.expectSymbol(')')
  return { kind: 'call', function: 'size', operands }
}

function atValue(cursor: Cursor): boolean {
  const { kind, text } = cursor.token
  if (kind === 'string' || kind === 'number' || kind === 'parameter') return true
  if (kind === 'symbol') return opening.has(text)
  return kind === 'word' && constants.has(text.toUpperCase())
}

const opening: ReadonlySet<string> = new Set(['[', '{', '<<', '+', '-'])
const constants: ReadonlySet<string> = new Set(['TRUE', 'FALSE', 'NULL'])

export function parseValue(cursor: Cursor): ValueExpression {
  const { kind, text } = cursor.token
  switch (kind) {
    case 'string':
      return scalar(cursor, { S: text })
    case 'number':
      return scalar(cursor, { N: text })
    case 'parameter':
      return cursor.parameter()
    case 'symbol':
      return parseComposed(cursor, text)
    case 'word':
      return parseConstant(cursor, text.toUpperCase())
    case 'quoted':
    case 'end':
      return cursor.fail()
  }
}

function scalar(cursor: Cursor, json: Parameters<Cursor['literal']>[0]): ValueExpression {
  const literal = cursor.literal(json)
  cursor.advance()
  return literal
}

function parseConstant(cursor: Cursor, word: string): ValueExpression {
  if (word === 'TRUE' || word === 'FALSE') return scalar(cursor, { BOOL: word === 'TRUE' })
  return word === 'NULL' ? scalar(cursor, { NULL: true }) : cursor.fail()
}

function parseComposed(cursor: Cursor, symbol: string): ValueExpression {
  switch (symbol) {
    case '-':
    case '+': {
      const number = cursor.at(1)
      if (number.kind !== 'number') cursor.fail()
      cursor.advance()
      return scalar(cursor, { N: symbol === '-' ? `-${number.text}` : number.text })
    }
    case '[':
      return { kind: 'list', members: parseMembers(cursor, ']') }
    case '<<':
      return { kind: 'set', members: parseMembers(cursor, '>>') }
    case '{':
      return { kind: 'map', entries: parseEntries(cursor) }
    default:
      return cursor.fail()
  }
}

function parseMembers(cursor: Cursor, close: string): ValueExpression[] {
  cursor.advance()
  if (cursor.takeSymbol(close)) return []
  const members = cursor.nested(() => cursor.list(() => parseValue(cursor)))
  cursor.expectSymbol(close)
  return members
}

function parseEntries(cursor: Cursor): (readonly [string, ValueExpression])[] {
  cursor.advance()
  if (cursor.takeSymbol('}')) return []
  const names = new Set<string>()
  const entries = cursor.nested(() =>
    cursor.list(() => {
      const entry = parseEntry(cursor)
      // A guess: PartiQL's tuples may repeat a name, DynamoDB's maps cannot.
      if (names.has(entry[0])) throw new Refusal(malformed(`Duplicate attribute name ${entry[0]}`))
      names.add(entry[0])
      return entry
    }),
  )
  cursor.expectSymbol('}')
  return entries
}

function parseEntry(cursor: Cursor): readonly [string, ValueExpression] {
  if (cursor.token.kind !== 'string') cursor.fail()
  const name = cursor.advance().text
  cursor.expectSymbol(':')
  return [name, cursor.takeWord('MISSING') ? { kind: 'missing' } : parseValue(cursor)]
}
