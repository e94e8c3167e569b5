import { knownActions } from '../requested-access.ts'
import { parseConditions } from './conditions.ts'
import type { Listed, Policy, Statement } from './policy.ts'
import { invalidElement, isRecord, scalarOrList, textsIn } from './policy-json.ts'
import type { Pattern } from './wildcard.ts'
import { matches, parsePattern } from './wildcard.ts'

/**
 * The text of a resource-based policy, as PutResourcePolicy takes it: checked, understood, and in the one form in which GetResourcePolicy
 * shows it, whatever blanks, orders and lists of one it was written with.
 *
 * What is looked at first, and the texts, are those observed on AWS in 2026-10 but where a comment says that it is a guess. An operator or a key
 * of a condition that is not judged here is refused: a policy must not say less than its author thinks.
 */
export interface PolicyDocument {
  readonly policy: Policy
  /** As it is kept: without `Version` when there was none, since that is another document. */
  readonly canonical: string
}

export interface Problem {
  /** The whole text of a ValidationException. */
  readonly problem: string
}

export const POLICY_BYTES_MAX = 20_480

/** @param kind of the resource that it is attached to: their actions and ARNs differ */
export function parsePolicy(text: string, kind: 'table' | 'stream'): PolicyDocument | Problem {
  if (Buffer.byteLength(text) > POLICY_BYTES_MAX) return invalidParameter(`Maximum policy size of ${POLICY_BYTES_MAX} bytes exceeded`)
  return parseDocument(text, kind)
}

function parseDocument(text: string, kind: 'table' | 'stream'): PolicyDocument | Problem {
  const json = parseJson(text)
  if (json === null) return invalidDocument('This text appears not to be a policy')
  if (!isRecord(json)) return invalidDocument('This policy contains invalid Json')
  // The position is known of `{}` only; that it is where the text ends is a guess.
  const lines = text.split('\n')
  const syntaxError = invalidDocument(`Syntax error at position (${lines.length},${(lines.at(-1) ?? '').length + 1})`)
  const { Version, Id, Statement: given } = json
  if (given === undefined || invalidElement(json, policyElements)) return syntaxError
  if (Version !== undefined && Version !== '2012-10-17' && Version !== '2008-10-17') return syntaxError
  if (Id !== undefined && typeof Id !== 'string') return syntaxError
  const written = Array.isArray(given) ? (given as unknown[]) : [given]
  if (written.length === 0) return invalidDocument('Could not parse the policy: Statement is empty!')

  const statements: ReadStatement[] = []
  for (const each of written) {
    const statement = readStatement(each, Version === '2012-10-17')
    if (statement === undefined) return syntaxError
    if ('problem' in statement) return statement
    statements.push(statement)
  }
  const problem = sidsProblem(statements) ?? actionsProblem(statements, kind) ?? resourcesProblem(statements, kind)
  if (problem !== undefined) return invalidDocument(problem)
  const principals = statements.map(principalsProblem).find((found) => found !== undefined)
  if (principals !== undefined) return principals
  const canonical = JSON.stringify({ Version, Id, Statement: statements.map(({ canonical: shown }) => shown) })
  return { policy: { statements: statements.map(({ statement }) => statement) }, canonical }
}

/** Parses what {@link parsePolicy} made; accounts that became ARNs may have made it longer than what may be sent. */
export function reparsePolicy(canonical: string, kind: 'table' | 'stream'): Policy | undefined {
  const parsed = parseDocument(canonical, kind)
  return 'problem' in parsed ? undefined : parsed.policy
}

/** As GetResourcePolicy shows it: without a `Version` a policy has the first one. */
export function shownPolicy(canonical: string): string {
  return canonical.startsWith('{"Version":') ? canonical : `{"Version":"2008-10-17",${canonical.slice(1)}`
}

const policyElements: ReadonlySet<string> = new Set(['Version', 'Id', 'Statement'])
const statementElements: ReadonlySet<string> = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
])

interface ReadStatement {
  readonly sid: string | undefined
  readonly statement: Statement
  /** As they were written, for messages. */
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly canonical: object
}

/** Undefined: its syntax is wrong. */
function readStatement(json: unknown, variables: boolean): ReadStatement | Problem | undefined {
  if (!isRecord(json) || invalidElement(json, statementElements)) return undefined
  const { Sid, Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource, Condition } = json
  if (Effect === undefined) return missing('Effect')
  // That these come in this order is a guess, but for the first.
  if (Principal === undefined && NotPrincipal === undefined) return missing('Principal')
  if (Action === undefined && NotAction === undefined) return missing('Action')
  if (Resource === undefined && NotResource === undefined) return missing('Resource')
  const effect = typeof Effect === 'string' ? effects.get(Effect.toLowerCase()) : undefined
  const principals = readPrincipals(Principal ?? NotPrincipal)
  const actions = textsIn(Action ?? NotAction)
  const resources = textsIn(Resource ?? NotResource)
  const conditions = Condition === undefined ? [] : parseConditions(Condition, variables)
  if (effect === undefined || principals === undefined || actions === undefined || resources === undefined) return undefined
  if (conditions === undefined || (Sid !== undefined && typeof Sid !== 'string') || hasBoth(json)) return undefined
  if (typeof conditions === 'string') return invalidDocument(conditions)
  const statement: Statement = {
    effect,
    principals: listed(Principal === undefined, principals.list),
    actions: listed(
      Action === undefined,
      actions.map((action) => parsePattern(action.toLowerCase(), false)),
    ),
    resources: listed(
      Resource === undefined,
      resources.map((resource) => parsePattern(resource, variables)),
    ),
    conditions,
  }
  const canonical = {
    Sid,
    Effect: effect,
    [Principal === undefined ? 'NotPrincipal' : 'Principal']: principals.canonical,
    [Action === undefined ? 'NotAction' : 'Action']: scalarOrList(actions),
    [Resource === undefined ? 'NotResource' : 'Resource']: scalarOrList(resources),
    Condition: canonicalCondition(Condition),
  }
  return { sid: Sid, statement, actions, resources, canonical }
}

const effects: ReadonlyMap<string, 'Allow' | 'Deny'> = new Map([
  ['allow', 'Allow'],
  ['deny', 'Deny'],
])

function hasBoth(json: Readonly<Record<string, unknown>>): boolean {
  return ['Principal', 'Action', 'Resource'].some((name) => json[name] !== undefined && json[`Not${name}`] !== undefined)
}

function listed<T>(not: boolean, list: readonly T[]): Listed<T> {
  return { not, list }
}

/** `*`, or by kind: accounts become their root's ARN, and what is named twice is named once. */
function readPrincipals(json: unknown): { readonly list: readonly string[]; readonly canonical: unknown } | undefined {
  if (json === '*') return { list: ['*'], canonical: '*' }
  if (!isRecord(json) || invalidElement(json, principalKinds)) return undefined
  const list: string[] = []
  const canonical: Record<string, unknown> = {}
  for (const [kind, given] of Object.entries(json)) {
    const texts = textsIn(given)
    if (texts === undefined) return undefined
    const named = [...new Set(texts.map((text) => (/^\d{12}$/.test(text) ? `arn:aws:iam::${text}:root` : text)))]
    list.push(...named)
    canonical[kind] = scalarOrList(named)
  }
  return list.length === 0 ? undefined : { list, canonical }
}

const principalKinds: ReadonlySet<string> = new Set(['AWS', 'Service'])

/** That lists of one become texts here too is a guess. */
function canonicalCondition(condition: unknown): unknown {
  if (!isRecord(condition)) return undefined
  return Object.fromEntries(
    Object.entries(condition).map(([operator, byKey]) => [
      operator,
      Object.fromEntries(
        Object.entries(isRecord(byKey) ? byKey : {}).map(([key, value]) => [key, Array.isArray(value) ? scalarOrList(value) : value]),
      ),
    ]),
  )
}

function sidsProblem(statements: readonly ReadStatement[]): string | undefined {
  const sids = statements.map(({ sid }) => sid).filter((sid) => sid !== undefined)
  return new Set(sids).size < sids.length ? 'The Statement Ids in the policy are not unique' : undefined
}

/** Actions that no resource's policy can be about, because they are about none, about other resources, or about streams. */
const streamActions: ReadonlySet<string> = new Set(['DescribeStream', 'GetRecords', 'GetShardIterator'])
const policyActions: ReadonlySet<string> = new Set(['PutResourcePolicy', 'GetResourcePolicy', 'DeleteResourcePolicy'])
/** In part a guess: those are observed or documented that the reference lists without a table among their resources. */
const otherActions =
  /^(List(Streams|Tables|GlobalTables|Backups|Exports|Imports|ContributorInsights)|Describe(Limits|Endpoints|Backup|Export|Import|GlobalTable.*)|DeleteBackup|.*GlobalTable(Settings|Witness)?)$/

function actionsOf(kind: 'table' | 'stream'): readonly string[] {
  const known = [...knownActions()]
  if (kind === 'stream') return known.filter((action) => streamActions.has(action) || policyActions.has(action))
  return known.filter((action) => !streamActions.has(action) && !otherActions.test(action))
}

function actionsProblem(statements: readonly ReadStatement[], kind: 'table' | 'stream'): string | undefined {
  const known = actionsOf(kind).map((action) => `dynamodb:${action.toLowerCase()}`)
  const invalid = statements.flatMap(({ actions }) =>
    actions.filter((action) => {
      const pattern: Pattern = parsePattern(action.toLowerCase(), false)
      return action !== '*' && !known.some((each) => matches(pattern, each, () => undefined))
    }),
  )
  if (invalid.length === 0) return undefined
  return `The following action names are invalid: ${[...new Set(invalid)].map((action) => `"${action}"`).join(', ')}`
}

/** Another table, or all, may be named: the policy then says nothing of this one. */
function resourcesProblem(statements: readonly ReadStatement[], kind: 'table' | 'stream'): string | undefined {
  for (const resource of statements.flatMap(({ resources }) => resources)) {
    if (resource === '*') continue
    const [, vendor, relativeId] = /^arn:[^:]*:([^:]*):[^:]*:[^:]*:(.+)$/s.exec(resource) ?? []
    // These two texts are guesses, after IAM's.
    if (vendor === undefined || relativeId === undefined) return `Resource ${resource} must be in ARN format or "*".`
    if (vendor !== 'dynamodb') return `Vendor ${vendor} is not valid`
    if (!relativeIds[kind].test(relativeId)) return `The relative-id "${relativeId}" is invalid for ARN "${resource}"`
  }
  return undefined
}

const relativeIds = {
  table: /^(\*|table\/[^/]+(\/index\/[^/]+)?)$/,
  stream: /^(\*|table\/[^/]+\/stream\/[^/]+|table\/\*)$/,
}

function principalsProblem({ statement }: ReadStatement): Problem | undefined {
  const { effect, principals, conditions } = statement
  for (const principal of principals.list) {
    if (principal === '*') continue
    if (servicePrincipals.has(principal)) continue
    if (/\.amazonaws\.com(\.cn)?$/.test(principal)) return invalidDocument('Policy contains invalid service principal')
    // Whether who is named exists is not known here.
    if (!principalArn.test(principal)) return invalidParameter('Invalid principal in policy document.')
  }
  const everybody = principals.not || principals.list.includes('*')
  const bounded = conditions.some(({ key, negated, missing }) => !negated && missing === undefined && boundingKeys.has(key))
  return effect === 'Allow' && everybody && !bounded ? unbounded : undefined
}

const servicePrincipals: ReadonlySet<string> = new Set(['redshift.amazonaws.com', 'replication.dynamodb.amazonaws.com'])
const principalArn =
  /^arn:aws[a-z-]*:(iam::\d{12}:(root|(user|role)\/[\w+=,.@/-]+)|sts::\d{12}:(assumed-role|federated-user)\/[\w+=,.@/-]+)$/
/** Which conditions bound who is meant by everybody is a guess. */
const boundingKeys: ReadonlySet<string> = new Set(['aws:principalarn', 'aws:principalaccount', 'aws:sourceip', 'aws:username'])

const unbounded: Problem = {
  problem:
    'Resource-based policy grants unbounded access in one or more elements. ' +
    'Please revise the policy to ensure least-privilege form of access',
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function missing(name: string): Problem {
  return invalidDocument(`Missing required field ${name}`)
}

function invalidDocument(what: string): Problem {
  return invalidParameter(`Invalid policy document: ${what}`)
}

function invalidParameter(what: string): Problem {
  return { problem: `One or more parameter values were invalid: ${what}` }
}
