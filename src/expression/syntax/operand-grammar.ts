/**
 * What all expressions have in common: document paths, `:value` placeholders and function calls.
 *
 *   path    ::= step ( '.' step | '[' number ']' )*        step ::= word | '#name'
 *   operand ::= path | ':value' | function '(' operand ( ',' operand )* ')' | '(' operand ')'
 */
import type { PathStep } from '../path.ts'
import { isReservedWord } from '../reserved-words.ts'
import type { Call, FunctionName, Operand, WrittenPath } from './ast.ts'
import { Refusal } from './cursor.ts'
import type { Cursor } from './cursor.ts'

/** "Document paths can be up to 32 levels deep" (developer guide, limits). */
const pathStepsMax = 32
const listIndexMax = 2 ** 31 - 1

/** Which expressions a function is for, and what it takes. */
interface Signature {
  readonly usedIn: 'condition' | 'update'
  readonly operands: number
  /** Its first operand must be a document path. */
  readonly ofPath: boolean
}

const signatures: Record<FunctionName, Signature> = {
  attribute_exists: { usedIn: 'condition', operands: 1, ofPath: true },
  attribute_not_exists: { usedIn: 'condition', operands: 1, ofPath: true },
  attribute_type: { usedIn: 'condition', operands: 2, ofPath: true },
  begins_with: { usedIn: 'condition', operands: 2, ofPath: false },
  contains: { usedIn: 'condition', operands: 2, ofPath: false },
  size: { usedIn: 'condition', operands: 1, ofPath: false },
  if_not_exists: { usedIn: 'update', operands: 2, ofPath: true },
  list_append: { usedIn: 'update', operands: 2, ofPath: false },
}

export function parsePath(cursor: Cursor): WrittenPath {
  const path: PathStep[] = [parseStep(cursor)]
  for (;;) {
    if (cursor.takeSymbol('.')) path.push(parseStep(cursor))
    else if (cursor.takeSymbol('[')) path.push(parseIndex(cursor))
    else break
  }
  if (path.length > pathStepsMax) cursor.observe(`The document path has too many nesting levels; nesting levels: ${path.length}`)
  return path
}

export function parseOperand(cursor: Cursor, usedIn: Signature['usedIn']): Operand {
  if (cursor.atSymbol('(')) return cursor.group(() => parseOperand(cursor, usedIn))
  if (cursor.token.kind === 'value') return { kind: 'value', placeholder: cursor.advance().text }
  if (cursor.atCall()) return parseCall(cursor, usedIn)
  return { kind: 'path', path: parsePath(cursor) }
}

function parseStep(cursor: Cursor): string {
  const { kind, text } = cursor.token
  if (kind !== 'name' && (kind !== 'word' || cursor.keyword() !== undefined)) cursor.fail()
  if (kind === 'word' && isReservedWord(text)) cursor.observe(`Attribute name is a reserved keyword; reserved keyword: ${text}`)
  cursor.advance()
  return text
}

function parseIndex(cursor: Cursor): number {
  if (cursor.token.kind !== 'number') cursor.fail()
  const { text } = cursor.advance()
  const index = Number(text)
  // Where exactly the range ends is a guess; beyond a million-element list nothing can be found anyway.
  if (index > listIndexMax) cursor.observe(`List index is not within the allowable range; index: [${text}]`)
  cursor.expectSymbol(']')
  return index
}

/** Function names are case-sensitive, unlike keywords. */
function parseCall(cursor: Cursor, usedIn: Signature['usedIn']): Call {
  const name = cursor.advance().text
  if (!isFunctionName(name)) throw new Refusal(`Invalid function name; function: ${name}`)
  cursor.countOperator()
  cursor.expectSymbol('(')
  const operands = cursor.nested(() => cursor.list(() => parseOperand(cursor, usedIn)))
  cursor.expectSymbol(')')

  const signature = signatures[name]
  if (signature.usedIn !== usedIn) {
    cursor.observe(`The function is not allowed in ${usedIn === 'update' ? 'an update' : 'a condition'} expression; function: ${name}`)
  } else if (operands.length !== signature.operands) {
    cursor.observe(
      `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${operands.length}`,
    )
  } else if (signature.ofPath && operands[0]?.kind !== 'path') {
    cursor.observe(`Operator or function requires a document path; operator or function: ${name}`)
  }
  for (const operand of operands) if (operand.kind === 'call' && !yieldsValue(operand)) cursor.observe(misuse(operand))
  return { kind: 'call', function: name, operands }
}

/** Whether the call stands for a value, and not for something that is true or false. */
export function yieldsValue(call: Call): boolean {
  return call.function === 'size' || signatures[call.function].usedIn === 'update'
}

export function misuse(call: Call): string {
  return `The function is not allowed to be used this way in an expression; function: ${call.function}`
}

function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(signatures, name)
}
