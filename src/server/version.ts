import { readFileSync } from 'node:fs'

/** The version of this package. */
export function packageVersion(): string {
  const json: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const version: unknown = typeof json === 'object' && json !== null ? Reflect.get(json, 'version') : undefined
  return typeof version === 'string' ? version : 'unknown'
}
