/**
 * A place in the tokens of one expression, and what has been noticed so far: what every grammar of this folder reads with.
 *
 * Two kinds of mistake: text that no grammar fits ends the parse at once ({@link Cursor.fail}); text that fits but breaks a rule
 * (a reserved word, redundant parentheses) is noted and reading goes on, since a syntax error further on comes first in the
 * service's answer as well. Of several notes the first is answered.
 */
import { tokenize } from './lexer.ts'
import type { Token } from './lexer.ts'

/** "The maximum number of operators or functions" (developer guide, limits of expression parameters). */
const operatorsMax = 300
/**
 * How deep parentheses and function calls may nest. Legal expressions stay below it, since a level of parentheses that is
 * not redundant holds an operator; so it only guards the stack.
 */
const nestingMax = operatorsMax + 8

export class Cursor {
  readonly #source: string
  readonly #tokens: readonly Token[]
  readonly #keywords: ReadonlySet<string>
  readonly #placeholders = new Set<string>()
  #position = 0
  #nesting = 0
  #operators = 0
  #lastGroup = { open: -1, close: -1 }
  #note: string | undefined

  /** `keywords`, in upper case, are the words that this grammar keeps for itself. */
  constructor(source: string, keywords: ReadonlySet<string>) {
    this.#source = source
    this.#tokens = tokenize(source)
    this.#keywords = keywords
  }

  get token(): Token {
    return this.#at(this.#position)
  }

  /** Every `#name` and `:value` read so far, in the order of the text. */
  get placeholders(): ReadonlySet<string> {
    return this.#placeholders
  }

  /** The rule that was broken first, in DynamoDB's words. */
  get note(): string | undefined {
    if (this.#note === undefined && this.#operators > operatorsMax) {
      return `The expression contains too many operators; operator count: ${this.#operators}`
    }
    return this.#note
  }

  advance(): Token {
    const token = this.token
    if (token.kind !== 'end') this.#position++
    if (token.kind === 'name' || token.kind === 'value') this.#placeholders.add(token.text)
    return token
  }

  atSymbol(symbol: string): boolean {
    return this.token.kind === 'symbol' && this.token.text === symbol
  }

  /** Whether a function call begins here: a word and an opening parenthesis, white space between them or not. */
  atCall(): boolean {
    const next = this.#at(this.#position + 1)
    return this.token.kind === 'word' && next.kind === 'symbol' && next.text === '(' && this.keyword() === undefined
  }

  /** The keyword that stands here, in upper case. */
  keyword(): string | undefined {
    if (this.token.kind !== 'word') return undefined
    const word = this.token.text.toUpperCase()
    return this.#keywords.has(word) ? word : undefined
  }

  takeSymbol(symbol: string): boolean {
    if (!this.atSymbol(symbol)) return false
    this.advance()
    return true
  }

  takeKeyword(keyword: string): boolean {
    if (this.keyword() !== keyword) return false
    this.advance()
    return true
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) this.fail()
  }

  expectKeyword(keyword: string): void {
    if (!this.takeKeyword(keyword)) this.fail()
  }

  expectEnd(): void {
    if (this.token.kind !== 'end') this.fail()
  }

  /** One or more, separated by commas. */
  list<T>(parseOne: () => T): T[] {
    const all = [parseOne()]
    while (this.takeSymbol(',')) all.push(parseOne())
    return all
  }

  /** What stands between parentheses. `((x))` is redundant; `((x) AND y)` is not. */
  group<T>(parseInner: () => T): T {
    const open = this.#position
    this.expectSymbol('(')
    const inner = this.nested(parseInner)
    const close = this.#position
    this.expectSymbol(')')
    if (this.#lastGroup.open === open + 1 && this.#lastGroup.close === close - 1) this.observe('The expression has redundant parentheses;')
    this.#lastGroup = { open, close }
    return inner
  }

  nested<T>(parseInner: () => T): T {
    // Deeper than any legal expression: parentheses that say nothing, or more operators than allowed. The text is a guess.
    if (++this.#nesting > nestingMax) throw new Refusal(this.note ?? 'The expression has redundant parentheses;')
    const inner = parseInner()
    this.#nesting--
    return inner
  }

  countOperator(): void {
    this.#operators++
  }

  observe(note: string): void {
    this.#note ??= note
  }

  /** Ends the parse: no grammar fits the token that stands here. */
  fail(): never {
    const { token } = this
    const from = this.#position === 0 ? token.start : this.#at(this.#position - 1).start
    const next = this.#at(this.#position + 1)
    throw new Refusal(`Syntax error; token: "${token.text}", near: "${this.#source.slice(from, next.end).trimEnd()}"`)
  }

  #at(position: number): Token {
    return this.#tokens[Math.min(position, this.#tokens.length - 1)] ?? { kind: 'end', text: '<EOF>', start: 0, end: 0 }
  }
}

/** Leaves the recursive descent; caught where the parse began and nowhere else. */
export class Refusal extends Error {}
