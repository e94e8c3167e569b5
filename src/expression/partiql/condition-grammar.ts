/**
 * WHERE.
 *
 *   condition ::= and ( OR and )*         and ::= not ( AND not )*         not ::= NOT not | test
 *   test      ::= operand comparator operand | operand [ NOT ] BETWEEN operand AND operand | operand [ NOT ] IN list
 *               | path IS [ NOT ] ( MISSING | NULL | type ) | function '(' operand ',' operand ')' | '(' condition ')'
 *   list      ::= '[' operands ']' | '(' operands ')'
 *
 * A parenthesis may open a condition or an operand, which is only known at its end; so the functions below return either, and
 * {@link asCondition} refuses an operand that stands where a condition must.
 */
import type { AttributeType } from '../../item/attribute-value.ts'
import type { Call, Comparator, Condition, Operand } from '../syntax/ast.ts'
import type { Cursor } from './cursor.ts'
import { malformed, Refusal } from './cursor.ts'
import { parseOperand } from './value-grammar.ts'

/** "At max 100 non-key attribute values" (developer guide, PartiQL operators); of partition keys fewer, which the access plan checks. */
const candidatesMax = 100

export function parseCondition(cursor: Cursor): Condition {
  return asCondition(cursor, parseOr(cursor))
}

type ConditionOrOperand = Condition | Operand

function parseOr(cursor: Cursor): ConditionOrOperand {
  return parseChain(cursor, 'or', 'OR', parseAnd)
}

function parseAnd(cursor: Cursor): ConditionOrOperand {
  return parseChain(cursor, 'and', 'AND', parseNot)
}

/** A chain becomes one flat node, however long it is. */
function parseChain(
  cursor: Cursor,
  kind: 'and' | 'or',
  keyword: string,
  parseLink: (cursor: Cursor) => ConditionOrOperand,
): ConditionOrOperand {
  const first = parseLink(cursor)
  if (cursor.word() !== keyword) return first
  const conditions = [asCondition(cursor, first)]
  while (cursor.takeWord(keyword)) conditions.push(asCondition(cursor, parseLink(cursor)))
  return { kind, conditions }
}

function parseNot(cursor: Cursor): ConditionOrOperand {
  if (!cursor.takeWord('NOT')) return parseTest(cursor)
  return negated(cursor.nested(() => asCondition(cursor, parseNot(cursor))))
}

function parseTest(cursor: Cursor): ConditionOrOperand {
  const left = parsePrimary(cursor)
  if (!isOperand(left)) return left
  const comparator = comparatorAt(cursor)
  if (comparator !== undefined) return parseComparison(cursor, left, comparator)
  if (cursor.takeWord('IS')) return parseIs(cursor, left)
  const negative = cursor.word() === 'NOT' && cursor.takeWord('NOT')
  const test = cursor.takeWord('BETWEEN') ? parseBetween(cursor, left) : cursor.takeWord('IN') ? parseIn(cursor, left) : undefined
  if (test !== undefined) return negative ? negated(test) : test
  return negative ? cursor.fail() : left
}

function parsePrimary(cursor: Cursor): ConditionOrOperand {
  if (cursor.atSymbol('(')) {
    cursor.advance()
    const inner = cursor.nested(() => parseOr(cursor))
    cursor.expectSymbol(')')
    return inner
  }
  return cursor.atCall() && cursor.word() !== 'SIZE' ? parseFunction(cursor) : parseOperand(cursor)
}

function parseComparison(cursor: Cursor, left: Operand, comparator: Comparator): Condition {
  cursor.advance()
  if (cursor.word() === 'MISSING' && (comparator === '=' || comparator === '<>')) {
    // The guide: MISSING works with "equality and inequality operators" only.
    cursor.advance()
    return presence(cursor, left, comparator === '<>')
  }
  return { kind: 'compare', comparator, left, right: parseOperand(cursor) }
}

function parseBetween(cursor: Cursor, operand: Operand): Condition {
  const low = parseOperand(cursor)
  cursor.expectWord('AND')
  return { kind: 'between', operand, low, high: parseOperand(cursor) }
}

function parseIn(cursor: Cursor, operand: Operand): Condition {
  const close = cursor.atSymbol('[') ? ']' : cursor.atSymbol('(') ? ')' : cursor.fail()
  cursor.advance()
  const candidates = cursor.list(() => parseOperand(cursor))
  cursor.expectSymbol(close)
  if (candidates.length > candidatesMax) {
    throw new Refusal(`The IN operator is provided with too many operands; number of operands: ${candidates.length}`)
  }
  return { kind: 'in', operand, candidates }
}

/**
 * "TRUE if the operand is a given, PartiQL data type, including NULL or MISSING" (developer guide, PartiQL operators). Guesses: that IS NULL
 * is true of the type NULL alone, and not of what is missing; what the names of PartiQL's types stand for, of which the guide lists none.
 */
function parseIs(cursor: Cursor, operand: Operand): Condition {
  const negative = cursor.takeWord('NOT')
  if (cursor.takeWord('MISSING')) return presence(cursor, operand, negative)
  const types = typesByName.get(cursor.word() ?? '')
  if (operand.kind !== 'path' || types === undefined) cursor.fail()
  cursor.advance()
  const tests = types.map((type): Call => {
    const named = cursor.enter(cursor.literal({ S: type }))
    return { kind: 'call', function: 'attribute_type', operands: [operand, named] }
  })
  const [only, ...others] = tests
  const test: Condition = only !== undefined && others.length === 0 ? only : { kind: 'or', conditions: tests }
  return negative ? negated(test) : test
}

/** The types of PartiQL's specification: all numbers are one type in DynamoDB, and its sets are PartiQL's bags. */
const typesByName: ReadonlyMap<string, readonly AttributeType[]> = new Map<string, readonly AttributeType[]>([
  ['NULL', ['NULL']],
  ...['BOOL', 'BOOLEAN'].map((name) => [name, ['BOOL']] as const),
  ...['INT', 'INTEGER', 'SMALLINT', 'DECIMAL', 'NUMERIC', 'FLOAT', 'REAL'].map((name) => [name, ['N']] as const),
  ...['STRING', 'CHAR', 'VARCHAR'].map((name) => [name, ['S']] as const),
  ['BLOB', ['B']],
  ['LIST', ['L']],
  ...['STRUCT', 'TUPLE'].map((name) => [name, ['M']] as const),
  ['BAG', ['SS', 'NS', 'BS']],
])

function presence(cursor: Cursor, operand: Operand, present: boolean): Condition {
  if (operand.kind !== 'path') cursor.fail()
  return { kind: 'call', function: present ? 'attribute_exists' : 'attribute_not_exists', operands: [operand] }
}

const functions = { BEGINS_WITH: 'begins_with', CONTAINS: 'contains', ATTRIBUTE_TYPE: 'attribute_type' } as const

/** The texts are guesses. */
function parseFunction(cursor: Cursor): Call {
  const word = cursor.word() ?? ''
  const name = Object.hasOwn(functions, word) ? functions[word as keyof typeof functions] : cursor.failAt(`Unsupported function: ${word}`)
  cursor.advance()
  cursor.expectSymbol('(')
  const operands = cursor.nested(() => cursor.list(() => parseOperand(cursor)))
  cursor.expectSymbol(')')
  if (operands.length !== 2) throw new Refusal(malformed(`Wrong number of arguments for ${word}: ${operands.length}`))
  if (name === 'attribute_type' && operands[0]?.kind !== 'path') {
    throw new Refusal(`Operator or function requires a document path; operator or function: ${name}`)
  }
  return { kind: 'call', function: name, operands }
}

function negated(condition: Condition): Condition {
  return { kind: 'not', condition }
}

function asCondition(cursor: Cursor, node: ConditionOrOperand): Condition {
  return isOperand(node) ? cursor.fail() : node
}

function isOperand(node: ConditionOrOperand): node is Operand {
  return node.kind === 'path' || node.kind === 'value' || (node.kind === 'call' && node.function === 'size')
}

const comparators: Readonly<Record<string, Comparator>> = { '=': '=', '<>': '<>', '!=': '<>', '<': '<', '<=': '<=', '>': '>', '>=': '>=' }

function comparatorAt(cursor: Cursor): Comparator | undefined {
  const { kind, text } = cursor.token
  return kind === 'symbol' && Object.hasOwn(comparators, text) ? comparators[text] : undefined
}
