import { ACCOUNT } from './operations/arn.ts'
import type { WireError } from './wire-error.ts'
import { accessDenied } from './wire-error.ts'

/**
 * Who may call, and what each key may do. The file is JSON:
 *
 *     { "AKIDEXAMPLE": { "secretAccessKey": "…", "regions": ["eu-west-1"], "tables": ["Orders", "dev-*"], "actions": ["GetItem", "Query"] } }
 *
 * A list that is left out allows everything; `*` in a pattern stands for any characters.
 */
export type Credentials = ReadonlyMap<string, Credential>

export interface Credential {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly regions: Allowed
  readonly tables: Allowed
  /** Operation names without `dynamodb:`. */
  readonly actions: Allowed
}

type Allowed = ((name: string) => boolean) | undefined

/** What can match nothing, as `dynamodb:GetItem` or the ARN of a table, would deny every request without a word of why. */
const patternsOf = {
  regions: { characters: /^[a-z0-9*-]+$/, example: 'eu-west-1' },
  tables: { characters: /^[\w.*-]+$/, example: 'Orders' },
  actions: { characters: /^[A-Za-z*]+$/, example: 'GetItem' },
} as const

/** @returns the credentials, or what is wrong with the file */
export function parseCredentials(json: unknown): Credentials | { readonly problem: string } {
  if (!isRecord(json)) return { problem: 'the credentials must be a JSON object: access key id -> { secretAccessKey, … }' }
  const credentials = new Map<string, Credential>()
  for (const [accessKeyId, entry] of Object.entries(json)) {
    if (!isRecord(entry)) return { problem: `${accessKeyId}: must be an object` }
    const { secretAccessKey, regions, tables, actions, ...unknown } = entry
    const [stranger] = Object.keys(unknown)
    if (stranger !== undefined) return { problem: `${accessKeyId}: there is no setting ${stranger}` }
    if (typeof secretAccessKey !== 'string' || secretAccessKey === '') return { problem: `${accessKeyId}: secretAccessKey is missing` }
    const lists = { regions, tables, actions }
    for (const [name, { characters, example }] of Object.entries(patternsOf)) {
      const list: unknown = lists[name as keyof typeof patternsOf]
      if (list === undefined) continue
      if (!isListOfTexts(list)) return { problem: `${accessKeyId}: ${name} must be a list of names` }
      const stranger = list.find((pattern) => !characters.test(pattern))
      if (stranger !== undefined)
        return { problem: `${accessKeyId}: ${name} are written as in ${example}, not ${JSON.stringify(stranger)}` }
    }
    credentials.set(accessKeyId, {
      accessKeyId,
      secretAccessKey,
      regions: allowed(regions),
      tables: allowed(tables),
      actions: allowed(actions),
    })
  }
  return credentials
}

/**
 * Whether a key may do this to these tables; undefined when it may.
 * @param tables none for operations on the whole account
 */
export function denial(credential: Credential, region: string, action: string, tables: readonly string[]): WireError | undefined {
  const regionAndAction = permits(credential.regions, region) && permits(credential.actions, action)
  const table = regionAndAction ? tables.find((name) => !permits(credential.tables, name)) : (tables[0] ?? '*')
  if (table === undefined) return undefined
  return accessDenied(
    `User: arn:aws:iam::${ACCOUNT}:user/${credential.accessKeyId} is not authorized to perform: dynamodb:${action} on resource: ` +
      `arn:aws:dynamodb:${region}:${ACCOUNT}:table/${table} because no identity-based policy allows the dynamodb:${action} action`,
  )
}

function permits(rule: Allowed, name: string): boolean {
  return rule === undefined || rule(name)
}

function allowed(list: unknown): Allowed {
  if (!isListOfTexts(list)) return undefined
  const patterns = list.map((pattern) => new RegExp(`^${pattern.split('*').map(escapeForPattern).join('.*')}$`, 's'))
  return (name) => patterns.some((pattern) => pattern.test(name))
}

function escapeForPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
