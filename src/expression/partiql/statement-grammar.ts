/**
 * Statements.
 *
 *   select ::= SELECT ( '*' | path, … ) FROM name [ '.' name ] [ WHERE condition ] [ ORDER BY name [ ASC | DESC ], … ]
 *   insert ::= INSERT INTO name VALUE value
 *   update ::= UPDATE name ( SET path '=' data, … | REMOVE path )+ [ WHERE condition ] [ RETURNING ( ALL | MODIFIED ) ( OLD | NEW ) '*' ]
 *   delete ::= DELETE FROM name [ WHERE condition ] [ RETURNING ALL OLD '*' ]
 *   exists ::= EXISTS '(' select ')'
 *   data   ::= operand [ ( '+' | '-' ) operand ] | LIST_APPEND '(' operand ',' operand ')' | ( SET_ADD | SET_DELETE ) '(' path ',' value ')'
 */
import { samePath } from '../path.ts'
import type { Condition, Operand, SetValue, UpdateAction, WrittenPath } from '../syntax/ast.ts'
import type { Delete, Insert, OrderKey, Returning, Select, Statement, UpdateStatement } from './ast.ts'
import { parseCondition } from './condition-grammar.ts'
import type { Cursor } from './cursor.ts'
import { malformed, Refusal } from './cursor.ts'
import { parseData, parsePath, parseValue } from './value-grammar.ts'

export function parseStatement(cursor: Cursor): Statement {
  const statement = parseByFirstWord(cursor)
  cursor.takeSymbol(';')
  if (cursor.token.kind !== 'end') cursor.fail()
  return statement
}

/** The text for a statement that begins with none of these was seen (2026). */
function parseByFirstWord(cursor: Cursor): Statement {
  switch (cursor.word()) {
    case 'SELECT':
      return parseSelect(cursor)
    case 'INSERT':
      return parseInsert(cursor)
    case 'UPDATE':
      return parseUpdate(cursor)
    case 'DELETE':
      return parseDelete(cursor)
    case 'EXISTS':
      return parseExists(cursor)
    default:
      throw new Refusal(EXPECTED_DATA_MANIPULATION)
  }
}

const EXPECTED_DATA_MANIPULATION = malformed('Expected data manipulation')

function parseExists(cursor: Cursor): Statement {
  cursor.advance()
  cursor.expectSymbol('(')
  if (cursor.word() !== 'SELECT') cursor.fail()
  const select = parseSelect(cursor)
  cursor.expectSymbol(')')
  return { kind: 'exists', select }
}

function parseSelect(cursor: Cursor): Select {
  cursor.advance()
  if (cursor.word() === 'DISTINCT') cursor.failAt('Unsupported clause: DISTINCT')
  const projection = cursor.takeSymbol('*') ? undefined : cursor.list(() => parseProjected(cursor))
  cursor.expectWord('FROM')
  const source = parseSource(cursor)
  const where = parseWhere(cursor)
  const order = parseOrder(cursor)
  refuseClauses(cursor)
  return { kind: 'select', ...source, projection, where, order }
}

/** The guide says that the list may call functions, and shows none: what such a column would be called is not known. The text is a guess. */
function parseProjected(cursor: Cursor): WrittenPath {
  if (cursor.atCall()) cursor.failAt(`Unsupported function: ${cursor.word()}`)
  return parsePath(cursor)
}

/** "Unexpected from source" is what people meet who leave a name with a hyphen unquoted; recalled. */
function parseSource(cursor: Cursor): { readonly table: string; readonly index: string | undefined } {
  const { kind } = cursor.token
  if (kind !== 'word' && kind !== 'quoted') throw new Refusal('Unexpected from source')
  const table = cursor.expectName()
  const index = cursor.takeSymbol('.') ? cursor.expectName() : undefined
  if (cursor.atSymbol('.') || cursor.atSymbol('[')) cursor.failAt('Unexpected path component')
  if (cursor.atSymbol('-') || cursor.atSymbol('+')) throw new Refusal('Unexpected from source')
  return { table, index }
}

function parseWhere(cursor: Cursor): Condition | undefined {
  return cursor.takeWord('WHERE') ? parseCondition(cursor) : undefined
}

function parseOrder(cursor: Cursor): readonly OrderKey[] {
  if (!cursor.takeWord('ORDER')) return []
  cursor.expectWord('BY')
  return cursor.list(() => {
    const attribute = cursor.expectName()
    const descending = cursor.takeWord('DESC')
    if (!descending) cursor.takeWord('ASC')
    return { attribute, descending }
  })
}

const unsupportedClauses = new Set(['GROUP', 'HAVING', 'LIMIT', 'OFFSET', 'UNION', 'JOIN', 'AS', 'LET', 'PIVOT'])

/** Clauses of PartiQL that DynamoDB does not have. The text was seen for LIMIT. */
function refuseClauses(cursor: Cursor): void {
  const word = cursor.word()
  if (word !== undefined && unsupportedClauses.has(word)) cursor.failAt(`Unsupported clause: ${word}`)
}

/** A list of columns before the values, as in SQL, is "Unexpected keyword" (seen in 2023). The text for several items is recalled. */
function parseInsert(cursor: Cursor): Insert {
  cursor.advance()
  cursor.expectWord('INTO')
  const table = cursor.expectName()
  if (cursor.atSymbol('<<')) throw new Refusal(SEVERAL_ITEMS)
  if (!cursor.takeWord('VALUE')) throw new Refusal(malformed('Unexpected keyword'))
  const value = parseValue(cursor)
  if (value.kind === 'set' || value.kind === 'list') throw new Refusal(SEVERAL_ITEMS)
  if (value.kind !== 'map' && value.kind !== 'parameter') throw new Refusal(malformed('Expected a tuple as the item to insert'))
  const item = cursor.values.length
  cursor.enter(value)
  const word = cursor.word()
  if (word === 'IF' || word === 'ON' || word === 'RETURNING') cursor.failAt(`Unsupported clause: ${word}`)
  return { kind: 'insert', table, item }
}

const SEVERAL_ITEMS =
  'Unsupported operation: Inserting multiple items in a single statement is not supported, use "INSERT INTO tableName VALUE item" instead'

/** The text for a table name that ends too early (a hyphen) was seen (2023). */
function parseUpdate(cursor: Cursor): UpdateStatement {
  cursor.advance()
  const table = cursor.expectName()
  const update: UpdateAction[] = []
  for (;;) {
    if (cursor.takeWord('SET')) update.push(...cursor.list(() => parseAssignment(cursor)))
    else if (cursor.takeWord('REMOVE')) update.push({ kind: 'remove', path: parsePath(cursor) })
    else break
  }
  if (update.length === 0) throw new Refusal(EXPECTED_DATA_MANIPULATION)
  return { kind: 'update', table, update, where: parseWhere(cursor), returning: parseReturning(cursor) }
}

function parseDelete(cursor: Cursor): Delete {
  cursor.advance()
  cursor.expectWord('FROM')
  const table = cursor.expectName()
  const where = parseWhere(cursor)
  const returning = parseReturning(cursor)
  // A guess.
  if (returning !== undefined && returning !== 'ALL OLD') throw new Refusal(`Unsupported returning clause in DELETE: ${returning} *`)
  return { kind: 'delete', table, where, returning }
}

function parseReturning(cursor: Cursor): Returning | undefined {
  if (!cursor.takeWord('RETURNING')) return undefined
  const extent = cursor.takeWord('ALL') ? 'ALL' : cursor.takeWord('MODIFIED') ? 'MODIFIED' : cursor.fail()
  const moment = cursor.takeWord('OLD') ? 'OLD' : cursor.takeWord('NEW') ? 'NEW' : cursor.fail()
  cursor.expectSymbol('*')
  return `${extent} ${moment}`
}

function parseAssignment(cursor: Cursor): UpdateAction {
  const path = parsePath(cursor)
  cursor.expectSymbol('=')
  if (cursor.atCall()) {
    const name = cursor.word()
    if (name === 'LIST_APPEND') return { kind: 'set', path, value: parseListAppend(cursor) }
    if (name === 'SET_ADD') return parseSetChange(cursor, 'add', path)
    if (name === 'SET_DELETE') return parseSetChange(cursor, 'delete', path)
  }
  return { kind: 'set', path, value: parseSum(cursor) }
}

function parseSum(cursor: Cursor): SetValue {
  const left = parseData(cursor)
  const operator = cursor.takeSymbol('+') ? '+' : cursor.takeSymbol('-') ? '-' : undefined
  return operator === undefined ? left : { kind: 'arithmetic', operator, left, right: parseData(cursor) }
}

function parseListAppend(cursor: Cursor): SetValue {
  const operands = parseArguments(cursor)
  return { kind: 'call', function: 'list_append', operands }
}

/** The set that is changed is the one at the path that is set; DynamoDB's text for another path is a guess, as is whether it has one. */
function parseSetChange(cursor: Cursor, kind: 'add' | 'delete', path: WrittenPath): UpdateAction {
  const name = cursor.word()
  const [target, value] = parseArguments(cursor)
  if (target?.kind !== 'path' || !samePath(target.path, path)) {
    throw new Refusal(`The first argument of ${name} must be the attribute that is set`)
  }
  if (value?.kind !== 'value') throw new Refusal(`The second argument of ${name} must be a set`)
  return { kind, path, value }
}

function parseArguments(cursor: Cursor): readonly Operand[] {
  const name = cursor.word()
  cursor.advance()
  cursor.expectSymbol('(')
  const operands = cursor.nested(() => cursor.list(() => parseData(cursor)))
  cursor.expectSymbol(')')
  if (operands.length !== 2) throw new Refusal(malformed(`Wrong number of arguments for ${name}: ${operands.length}`))
  return operands
}
