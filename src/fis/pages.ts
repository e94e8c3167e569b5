import { invalid } from './refusal.ts'

/** One page of a list that is all there; the token is where the next one begins. */
export function pageOf<T>(all: readonly T[], query: URLSearchParams): { readonly page: readonly T[]; readonly nextToken?: string } {
  const size = numberIn(query.get('maxResults') ?? String(resultsMax), 1, resultsMax, 'maxResults')
  const from = numberIn(query.get('nextToken') ?? '0', 0, all.length, 'nextToken')
  const page = all.slice(from, from + size)
  return from + size < all.length ? { page, nextToken: String(from + size) } : { page }
}

const resultsMax = 100

function numberIn(text: string, from: number, to: number, name: string): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(number >= from && number <= to)) throw invalid(`${name} is not valid: ${text}`)
  return number
}
