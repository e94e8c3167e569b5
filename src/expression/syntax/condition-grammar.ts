/**
 * ConditionExpression, FilterExpression and KeyConditionExpression.
 *
 *   condition  ::= and ( OR and )*                    and ::= not ( AND not )*            not ::= NOT not | comparison
 *   comparison ::= primary [ comparator operand | BETWEEN operand AND operand | IN '(' operand ( ',' operand )* ')' ]
 *   primary    ::= operand | '(' condition ')'
 *
 * A parenthesis may open a condition or an operand, which is only known at its end; so the functions below return either, and
 * {@link asCondition} refuses an operand that stands where a condition must.
 */
import type { Call, Comparator, Condition, Operand } from './ast.ts'
import type { Cursor } from './cursor.ts'
import { misuse, parseOperand, yieldsValue } from './operand-grammar.ts'

export const conditionKeywords: ReadonlySet<string> = new Set(['AND', 'OR', 'NOT', 'BETWEEN', 'IN'])

/** "IN: up to 100 operands" (developer guide). */
const candidatesMax = 100

export function parseCondition(cursor: Cursor): Condition {
  const condition = asCondition(cursor, parseOr(cursor))
  cursor.expectEnd()
  return condition
}

type ConditionOrOperand = Condition | Operand

function parseOr(cursor: Cursor): ConditionOrOperand {
  return parseChain(cursor, 'or', 'OR', parseAnd)
}

function parseAnd(cursor: Cursor): ConditionOrOperand {
  return parseChain(cursor, 'and', 'AND', parseNot)
}

/** A chain becomes one flat node, so three hundred conditions in a row do not make a tree three hundred deep. */
function parseChain(
  cursor: Cursor,
  kind: 'and' | 'or',
  keyword: string,
  parseLink: (cursor: Cursor) => ConditionOrOperand,
): ConditionOrOperand {
  const first = parseLink(cursor)
  if (cursor.keyword() !== keyword) return first
  const conditions = [asCondition(cursor, first)]
  while (cursor.takeKeyword(keyword)) {
    cursor.countOperator()
    conditions.push(asCondition(cursor, parseLink(cursor)))
  }
  return { kind, conditions }
}

function parseNot(cursor: Cursor): ConditionOrOperand {
  if (!cursor.takeKeyword('NOT')) return parseComparison(cursor)
  cursor.countOperator()
  return { kind: 'not', condition: cursor.nested(() => asCondition(cursor, parseNot(cursor))) }
}

function parseComparison(cursor: Cursor): ConditionOrOperand {
  const left = cursor.atSymbol('(') ? cursor.group(() => parseOr(cursor)) : parseOperand(cursor, 'condition')
  if (!isOperand(left)) return left

  const comparator = comparatorAt(cursor)
  if (comparator !== undefined) {
    cursor.advance()
    cursor.countOperator()
    return { kind: 'compare', comparator, left: asValue(cursor, left), right: parseValue(cursor) }
  }
  if (cursor.takeKeyword('BETWEEN')) {
    cursor.countOperator()
    const low = parseValue(cursor)
    cursor.expectKeyword('AND')
    return { kind: 'between', operand: asValue(cursor, left), low, high: parseValue(cursor) }
  }
  if (cursor.takeKeyword('IN')) {
    cursor.countOperator()
    cursor.expectSymbol('(')
    const candidates = cursor.list(() => parseValue(cursor))
    cursor.expectSymbol(')')
    if (candidates.length > candidatesMax) {
      cursor.observe(`The IN operator is provided with too many operands; number of operands: ${candidates.length}`)
    }
    return { kind: 'in', operand: asValue(cursor, left), candidates }
  }
  return left
}

function parseValue(cursor: Cursor): Operand {
  return asValue(cursor, parseOperand(cursor, 'condition'))
}

function asValue(cursor: Cursor, operand: Operand): Operand {
  if (operand.kind === 'call' && !yieldsValue(operand)) cursor.observe(misuse(operand))
  return operand
}

function asCondition(cursor: Cursor, node: ConditionOrOperand): Condition {
  if (node.kind === 'path' || node.kind === 'value') cursor.fail()
  if (node.kind === 'call' && yieldsValue(node)) cursor.observe(misuse(node))
  return node
}

function isOperand(node: ConditionOrOperand): node is Exclude<Operand, Call> | Call {
  return node.kind === 'path' || node.kind === 'value' || node.kind === 'call'
}

const comparators: ReadonlySet<string> = new Set<Comparator>(['=', '<>', '<', '<=', '>', '>='])

function comparatorAt(cursor: Cursor): Comparator | undefined {
  const { kind, text } = cursor.token
  return kind === 'symbol' && comparators.has(text) ? (text as Comparator) : undefined
}
