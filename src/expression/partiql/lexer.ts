/**
 * Cuts the text of a statement into tokens. Every character belongs to a token, to white space or to a comment; what no statement can
 * hold (an open string, a stray character) becomes a symbol that no grammar expects.
 */
export interface Token {
  /**
   * `word`: a bare name or keyword; `quoted`: a name in double quotes; `string`: text in single quotes; `parameter`: `?`.
   * The `text` of a quoted name and of a string is what it stands for.
   */
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'parameter' | 'symbol' | 'end'
  readonly text: string
  readonly start: number
  readonly end: number
}

/** The tokens of `source`, the last of them the end. */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = []
  for (const { 0: text, index: start } of source.matchAll(lexeme)) {
    const token = tokenOf(text)
    if (token !== undefined) tokens.push({ ...token, start, end: start + text.length })
  }
  tokens.push({ kind: 'end', text: '', start: source.length, end: source.length })
  return tokens
}

const lexeme = new RegExp(
  [
    /\s+|--[^\n\r]*|\/\*[^]*?\*\//, // white space, comments
    /'(?:[^']|'')*'|"(?:[^"]|"")*"/,
    /[A-Za-z_$][A-Za-z0-9_$]*/,
    /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/,
    /<<|>>|<>|<=|>=|!=|[^]/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gu',
)

function tokenOf(text: string): Pick<Token, 'kind' | 'text'> | undefined {
  const whole = text.length > 1
  const first = text.charAt(0)
  if (/\s/.test(first) || (whole && (text.startsWith('--') || text.startsWith('/*')))) return undefined
  if (whole && first === "'") return { kind: 'string', text: text.slice(1, -1).replaceAll("''", "'") }
  if (whole && first === '"') return { kind: 'quoted', text: text.slice(1, -1).replaceAll('""', '"') }
  if (/[A-Za-z_$]/.test(first)) return { kind: 'word', text }
  if (/[0-9]/.test(first) || (whole && first === '.')) return { kind: 'number', text }
  return { kind: first === '?' ? 'parameter' : 'symbol', text }
}
