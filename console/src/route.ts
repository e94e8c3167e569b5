import { computed, signal } from '@preact/signals'

/** Where the reader is, in the address: `#/item?table=users&key=…`. Going back and reloading work, and a link can be sent to somebody. */
export interface Route {
  readonly page: string
  readonly query: URLSearchParams
}

const hash = signal(location.hash)
window.addEventListener('hashchange', () => (hash.value = location.hash))

export const route = computed<Route>(() => {
  const [path = '', query = ''] = hash.value.replace(/^#\/?/, '').split('?', 2)
  return { page: path === '' ? 'world' : path, query: new URLSearchParams(query) }
})

export function hrefOf(page: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '')
  return given.length === 0 ? `#/${page}` : `#/${page}?${new URLSearchParams(given).toString()}`
}

export function go(page: string, query: Readonly<Record<string, string | undefined>> = {}): void {
  location.hash = hrefOf(page, query)
}

/** Changes what the address says without a step to go back to. */
export function note(page: string, query: Readonly<Record<string, string | undefined>>): void {
  window.history.replaceState(null, '', hrefOf(page, query))
  hash.value = location.hash
}
