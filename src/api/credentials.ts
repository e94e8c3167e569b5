import { defaultAccount } from '../base/account-region.ts'
import { knownActions } from './requested-access.ts'

/**
 * Who may call, and what each key may do. The file is JSON:
 *
 *     { "AKIDEXAMPLE": { "secretAccessKey": "…", "regions": ["eu-west-1"], "tables": ["Orders", "dev-*"], "actions": ["GetItem", "Query"] } }
 *
 * A list that is left out allows everything; `*` in a pattern stands for any characters. `"deny": { "actions": ["DeleteTable"] }`, of the same
 * three lists, goes before what is allowed. Temporary credentials have a `"sessionToken"`, keys of other accounts an `"account"`.
 */
export type Credentials = ReadonlyMap<string, Credential>

export interface Credential {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Undefined: the key goes without one. */
  readonly sessionToken: string | undefined
  readonly account: string
  readonly allow: Rule
  /** Undefined: nothing is denied. */
  readonly deny: Rule | undefined
}

/** Which requests are meant; undefined: whatever Region, table or action. */
export interface Rule {
  readonly regions: Pattern | undefined
  readonly tables: Pattern | undefined
  /** As IAM names them, without `dynamodb:`. */
  readonly actions: Pattern | undefined
}

type Pattern = (name: string) => boolean

interface Problem {
  readonly problem: string
}

/** @returns the credentials, or what is wrong with the file */
export function parseCredentials(json: unknown): Credentials | Problem {
  if (!isRecord(json)) return { problem: 'the credentials must be a JSON object: access key id -> { secretAccessKey, … }' }
  const credentials = new Map<string, Credential>()
  for (const [accessKeyId, entry] of Object.entries(json)) {
    const credential = parseCredential(accessKeyId, entry)
    if ('problem' in credential) return { problem: `${accessKeyId}: ${credential.problem}` }
    credentials.set(accessKeyId, credential)
  }
  return credentials
}

function parseCredential(accessKeyId: string, entry: unknown): Credential | Problem {
  if (!isRecord(entry)) return { problem: 'must be an object' }
  const { secretAccessKey, sessionToken, account = defaultAccount, deny: denied, ...lists } = entry
  const allow = parseRule(lists)
  if ('problem' in allow) return allow
  if (typeof secretAccessKey !== 'string' || secretAccessKey === '') return { problem: 'secretAccessKey is missing' }
  if (sessionToken !== undefined && (typeof sessionToken !== 'string' || sessionToken === '')) {
    return { problem: 'sessionToken must be a text' }
  }
  if (typeof account !== 'string' || !/^\d{12}$/.test(account)) return { problem: 'account must be twelve digits' }
  if (denied === undefined) return { accessKeyId, secretAccessKey, sessionToken, account, allow, deny: undefined }
  if (!isRecord(denied) || Object.keys(denied).length === 0) return { problem: 'deny must be an object of regions, tables or actions' }
  const deny = parseRule(denied)
  if ('problem' in deny) return { problem: `deny: ${deny.problem}` }
  return { accessKeyId, secretAccessKey, sessionToken, account, allow, deny }
}

/** What can match nothing, as `dynamodb:GetItem` or the ARN of a table, would deny every request without a word of why. */
const written = {
  regions: { characters: /^[a-z0-9*-]+$/, example: 'eu-west-1' },
  tables: { characters: /^[\w.*-]+$/, example: 'Orders' },
  actions: { characters: /^[A-Za-z*]+$/, example: 'GetItem' },
} as const

function parseRule({ regions, tables, actions, ...unknown }: Record<string, unknown>): Rule | Problem {
  const [stranger] = Object.keys(unknown)
  if (stranger !== undefined) return { problem: `there is no setting ${stranger}` }
  const lists = { regions, tables, actions }
  for (const [name, { characters, example }] of Object.entries(written)) {
    const list = lists[name as keyof typeof written]
    if (list === undefined) continue
    if (!isListOfTexts(list)) return { problem: `${name} must be a list of names` }
    const odd = list.find((pattern) => !characters.test(pattern))
    if (odd !== undefined) return { problem: `${name} are written as in ${example}, not ${JSON.stringify(odd)}` }
  }
  return withKnownActions({ regions: patternOf(regions), tables: patternOf(tables), actions: patternOf(actions) }, actions)
}

function withKnownActions(rule: Rule, actions: unknown): Rule | Problem {
  const known = [...knownActions()]
  const idle = isListOfTexts(actions) ? actions.find((action) => !known.some(patternOf([action]) ?? (() => false))) : undefined
  if (idle === undefined) return rule
  return {
    problem:
      `actions: IAM has no action ${idle} for DynamoDB; a transaction is allowed by GetItem, PutItem, UpdateItem, DeleteItem and ` +
      'ConditionCheckItem, a statement by PartiQLSelect, PartiQLInsert, PartiQLUpdate and PartiQLDelete',
  }
}

function patternOf(list: unknown): Pattern | undefined {
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
