/**
 * A place in the tokens of one statement, and the values read so far: what every grammar of this folder reads with. The first mistake
 * ends the parse.
 */
import { isInvalid } from '../../item/invalid.ts'
import { parseAttributeValue } from '../../item/parse-attribute-value.ts'
import type { AttributeValue } from '../../item/attribute-value.ts'
import type { ValueOperand } from '../syntax/ast.ts'
import type { ValueExpression } from './ast.ts'
import { isKeyword } from './keywords.ts'
import { tokenize } from './lexer.ts'
import type { Token } from './lexer.ts'

/** How deep parentheses, NOT and collections may nest. A guess; it guards the stack, and far more than a value may have. */
const nestingMax = 100

export class Cursor {
  readonly #source: string
  readonly #tokens: readonly Token[]
  readonly #values: ValueExpression[] = []
  #position = 0
  #nesting = 0
  #parameters = 0

  constructor(source: string) {
    this.#source = source
    this.#tokens = tokenize(source)
  }

  get token(): Token {
    return this.at(0)
  }

  get values(): readonly ValueExpression[] {
    return this.#values
  }

  get parameters(): number {
    return this.#parameters
  }

  /** The token so many further on. */
  at(distance: number): Token {
    const position = Math.min(this.#position + distance, this.#tokens.length - 1)
    return this.#tokens[position] ?? { kind: 'end', text: '', start: 0, end: 0 }
  }

  advance(): Token {
    const { token } = this
    if (token.kind !== 'end') this.#position++
    return token
  }

  atSymbol(symbol: string): boolean {
    return this.token.kind === 'symbol' && this.token.text === symbol
  }

  /** The word that stands here, in upper case: a keyword, or one that only this place knows. */
  word(): string | undefined {
    return this.token.kind === 'word' ? this.token.text.toUpperCase() : undefined
  }

  /** Whether a function call begins here. */
  atCall(): boolean {
    const next = this.at(1)
    return this.token.kind === 'word' && !isKeyword(this.token.text) && next.kind === 'symbol' && next.text === '('
  }

  takeSymbol(symbol: string): boolean {
    if (!this.atSymbol(symbol)) return false
    this.advance()
    return true
  }

  takeWord(word: string): boolean {
    if (this.word() !== word) return false
    this.advance()
    return true
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) this.fail()
  }

  expectWord(word: string): void {
    if (!this.takeWord(word)) this.fail()
  }

  /** A name: bare, if it is no keyword, or in double quotes. */
  expectName(): string {
    const { kind, text } = this.token
    if (kind !== 'quoted' && (kind !== 'word' || isKeyword(text))) this.fail()
    if (text === '') this.fail()
    this.advance()
    return text
  }

  /** One or more, separated by commas. */
  list<T>(parseOne: () => T): T[] {
    const all = [parseOne()]
    while (this.takeSymbol(',')) all.push(parseOne())
    return all
  }

  nested<T>(parseInner: () => T): T {
    if (++this.#nesting > nestingMax) throw new Refusal(malformed('Too many nesting levels'))
    const inner = parseInner()
    this.#nesting--
    return inner
  }

  parameter(): ValueExpression {
    this.advance()
    return { kind: 'parameter', ordinal: this.#parameters++ }
  }

  /** A value that was written out, held to the rules for values and brought into normal form. */
  literal(json: AttributeValue): ValueExpression {
    const parsed = parseAttributeValue(json)
    if (isInvalid(parsed)) throw new Refusal(parsed.invalid)
    return { kind: 'literal', value: parsed.value }
  }

  /** Enters a value among those of the statement, and says by what name trees call it. */
  enter(value: ValueExpression): ValueOperand {
    return { kind: 'value', placeholder: placeholderOf(this.#values.push(value) - 1) }
  }

  /**
   * Ends the parse: no grammar fits the token that stands here. "Unexpected keyword" was seen (2023); the others follow the names that
   * PartiQL's reference parser has for these mistakes.
   */
  fail(): never {
    const { kind, text } = this.token
    if (kind === 'word' && isKeyword(text)) throw new Refusal(malformed('Unexpected keyword'))
    if (kind === 'symbol') throw new Refusal(malformed(operators.has(text) ? 'Unexpected operator' : 'Unexpected token'))
    throw new Refusal(malformed('Unexpected term'))
  }

  /** Ends the parse with another text, followed by where the token stands: line, column and length, as in `LIMIT at 1:35:5`. */
  failAt(what: string): never {
    const { start, end } = this.token
    const lines = this.#source.slice(0, start).split('\n')
    const column = (lines.at(-1)?.length ?? 0) + 1
    throw new Refusal(`${what} at ${lines.length}:${column}:${end - start}`)
  }
}

const operators: ReadonlySet<string> = new Set(['=', '<>', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', '|'])

/** How trees call a statement's value. */
export function placeholderOf(value: number): string {
  return `:${value}`
}

export function malformed(reason: string): string {
  return `Statement wasn't well formed, can't be processed: ${reason}`
}

/** Leaves the recursive descent; caught where the parse began and nowhere else. Its message is the whole answer. */
export class Refusal extends Error {}
