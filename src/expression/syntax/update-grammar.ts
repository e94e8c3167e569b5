/**
 * UpdateExpression.
 *
 *   update ::= ( SET set ( ',' set )* | REMOVE path ( ',' path )* | ADD change ( ',' change )* | DELETE change ( ',' change )* )+
 *   set    ::= path '=' value           value ::= operand [ ( '+' | '-' ) operand ] | '(' value ')'
 *   change ::= path ':value'
 *
 * Each clause stands at most once. One `+` or `-` per value: the service refuses `a + :b + :c` as a syntax error,
 * although one page of its guide shows it.
 */
import type { SetValue, Update, UpdateAction, ValueOperand } from './ast.ts'
import type { Cursor } from './cursor.ts'
import { parseOperand, parsePath } from './operand-grammar.ts'

export const updateKeywords: ReadonlySet<string> = new Set(['SET', 'REMOVE', 'ADD', 'DELETE'])

export function parseUpdate(cursor: Cursor): Update {
  const actions: UpdateAction[] = []
  const clauses = new Set<string>()
  do {
    const clause = cursor.keyword()
    if (clause === undefined) cursor.fail()
    if (clauses.has(clause)) cursor.observe(`The "${clause}" section can only be used once in an update expression;`)
    clauses.add(clause)
    cursor.advance()
    actions.push(...cursor.list(() => parseAction(cursor, clause)))
  } while (cursor.token.kind !== 'end')
  return actions
}

function parseAction(cursor: Cursor, clause: string): UpdateAction {
  const path = parsePath(cursor)
  if (clause === 'REMOVE') return { kind: 'remove', path }
  if (clause === 'ADD') return { kind: 'add', path, value: parseChange(cursor) }
  if (clause === 'DELETE') return { kind: 'delete', path, value: parseChange(cursor) }
  cursor.expectSymbol('=')
  return { kind: 'set', path, value: parseSetValue(cursor) }
}

function parseChange(cursor: Cursor): ValueOperand {
  if (cursor.token.kind !== 'value') cursor.fail()
  return { kind: 'value', placeholder: cursor.advance().text }
}

function parseSetValue(cursor: Cursor): SetValue {
  const left = cursor.atSymbol('(') ? cursor.group(() => parseSetValue(cursor)) : parseOperand(cursor, 'update')
  if (left.kind === 'arithmetic') return left
  const operator = cursor.atSymbol('+') ? '+' : '-'
  if (!cursor.takeSymbol(operator)) return left
  cursor.countOperator()
  return { kind: 'arithmetic', operator, left, right: parseOperand(cursor, 'update') }
}
