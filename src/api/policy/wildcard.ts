/**
 * The patterns of policies: `*` stands for any characters, `?` for one, `${aws:username}` for what the request says of that key, taken
 * literally; `${*}`, `${?}` and `${$}` are those characters themselves (IAM user guide, "Policy variables").
 *
 * Matching takes at most the product of both lengths, whatever the pattern: a policy must not be able to hold up the process.
 */
export type Pattern = readonly Token[]

type Token = string | typeof any | typeof one | { readonly variable: string }

/** The single value of a condition key; undefined when the request has none, or several. */
export type Lookup = (key: string) => string | undefined

const any = Symbol('any')
const one = Symbol('one')

/** @param variables false in a policy of version 2008-10-17, which knows none */
export function parsePattern(text: string, variables: boolean): Pattern {
  const tokens: Token[] = []
  for (const [piece, inner] of text.matchAll(/\$\{([^}]*)\}|[^]/gu)) {
    if (inner !== undefined && variables) tokens.push(inner === '*' || inner === '?' || inner === '$' ? inner : { variable: inner })
    else if (inner !== undefined) tokens.push(...[...piece].map(plainToken))
    else tokens.push(plainToken(piece))
  }
  return tokens
}

/** Text that stands for itself. */
export function literalPattern(text: string, variables: boolean): Pattern {
  return parsePattern(text, variables).map((token) => (token === any ? '*' : token === one ? '?' : token))
}

export function matches(pattern: Pattern, text: string, lookup: Lookup): boolean {
  const tokens: (string | symbol)[] = []
  for (const token of pattern) {
    if (typeof token !== 'object') tokens.push(token)
    else {
      const value = lookup(token.variable)
      if (value === undefined) return false
      tokens.push(...value)
    }
  }
  return matchesAll(tokens, [...text])
}

function matchesAll(tokens: readonly (string | symbol)[], characters: readonly string[]): boolean {
  let at = 0
  let token = 0
  let star = -1
  let resumeAt = 0
  while (at < characters.length) {
    const wanted = tokens[token]
    if (wanted === any) {
      star = token++
      resumeAt = at
    } else if (wanted !== undefined && (wanted === one || wanted === characters[at])) {
      token++
      at++
    } else if (star >= 0) {
      token = star + 1
      at = ++resumeAt
    } else return false
  }
  while (tokens[token] === any) token++
  return token === tokens.length
}

function plainToken(character: string): Token {
  return character === '*' ? any : character === '?' ? one : character
}
