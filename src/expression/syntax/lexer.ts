/** Cuts the text of an expression into tokens. Every character belongs to a token or is white space; strange ones become symbols that no grammar expects. */
export interface Token {
  readonly kind: 'word' | 'name' | 'value' | 'number' | 'symbol' | 'end'
  readonly text: string
  readonly start: number
  readonly end: number
}

/** The tokens of `source`, the last of them the end. */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = []
  for (const match of source.matchAll(lexeme)) {
    const [text] = match
    if (isSpace(text)) continue
    tokens.push({ kind: kindOf(text), text, start: match.index, end: match.index + text.length })
  }
  tokens.push({ kind: 'end', text: '<EOF>', start: source.length, end: source.length })
  return tokens
}

const lexeme = /[ \t\r\n]+|[A-Za-z][A-Za-z0-9_]*|[#:][A-Za-z0-9_]+|[0-9]+|<>|<=|>=|[^]/gu

function isSpace(text: string): boolean {
  return text === ' ' || /^[ \t\r\n]/.test(text)
}

function kindOf(text: string): Token['kind'] {
  const first = text.charCodeAt(0)
  if (text.length > 1 && first === hash) return 'name'
  if (text.length > 1 && first === colon) return 'value'
  if (first >= zero && first <= nine) return 'number'
  return /^[A-Za-z]/.test(text) ? 'word' : 'symbol'
}

const hash = 0x23
const colon = 0x3a
const zero = 0x30
const nine = 0x39
