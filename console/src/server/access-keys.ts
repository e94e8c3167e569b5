import { signal } from '@preact/signals'

/**
 * What the server asks for: the token of the control API, and an access key for items where signatures are verified. Both live in this tab alone
 * (sessionStorage) and are sent in headers by this page's own code; there is no cookie, so no other page can make the browser send them.
 */
export interface AccessKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

const tokenName = 'everywrite.token'
const keyName = 'everywrite.access-key'

export const token = signal<string | undefined>(takeTokenFromAddress() ?? sessionStorage.getItem(tokenName) ?? undefined)
export const accessKey = signal<AccessKey | undefined>(storedKey())

/** What is missing, once the server said so: the sign-in dialog asks for it. */
export const asksFor = signal<'token' | 'access key' | undefined>(undefined)

export function setToken(value: string): void {
  sessionStorage.setItem(tokenName, value)
  token.value = value
}

export function setAccessKey(value: AccessKey): void {
  sessionStorage.setItem(keyName, JSON.stringify(value))
  accessKey.value = value
}

/** `#token=…`, as `everywrite start` prints it: what follows the # is sent to no server. It is taken out of the address at once. */
function takeTokenFromAddress(): string | undefined {
  const found = /^#token=([^&]+)$/.exec(location.hash)?.[1]
  if (found === undefined) return undefined
  history.replaceState(null, '', `${location.pathname}#/world`)
  const taken = decodeURIComponent(found)
  sessionStorage.setItem(tokenName, taken)
  return taken
}

function storedKey(): AccessKey | undefined {
  const text = sessionStorage.getItem(keyName)
  return text === null ? undefined : (JSON.parse(text) as AccessKey)
}
