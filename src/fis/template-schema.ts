import { createRequire } from 'node:module'
import type * as ajvLibrary from 'ajv'
import type { ErrorObject } from 'ajv'
import { invalid } from './refusal.ts'

/** The shapes that FIS takes, with the constraints of the public service model. */

export interface TemplateInput {
  readonly description: string
  readonly stopConditions: readonly StopCondition[]
  readonly targets?: Readonly<Record<string, Target>>
  readonly actions: Readonly<Record<string, Action>>
  readonly roleArn: string
  readonly tags?: Tags
  readonly logConfiguration?: object
  readonly experimentReportConfiguration?: object
  readonly experimentOptions?: { readonly accountTargeting?: string; readonly emptyTargetResolutionMode?: 'fail' | 'skip' }
}

export interface Target {
  readonly resourceType: string
  readonly resourceArns?: readonly string[]
  readonly resourceTags?: Tags
  readonly filters?: readonly { readonly path: string; readonly values: readonly string[] }[]
  readonly selectionMode: string
  readonly parameters?: Readonly<Record<string, string>>
}

export interface Action {
  readonly actionId: string
  readonly description?: string
  readonly parameters?: Readonly<Record<string, string>>
  readonly targets?: Readonly<Record<string, string>>
  readonly startAfter?: readonly string[]
}

export interface StopCondition {
  readonly source: string
  readonly value?: string
}

export type Tags = Readonly<Record<string, string>>

export interface StartInput {
  readonly clientToken?: string
  readonly experimentTemplateId: string
  readonly tags?: Tags
  readonly experimentOptions?: { readonly actionsMode?: 'skip-all' | 'run-all' }
}

const text = (maxLength: number, minLength = 0) => ({ type: 'string', maxLength, minLength })
const word = (maxLength: number, minLength = 0) => ({ ...text(maxLength, minLength), pattern: '^\\S+$' })
const mapOf = (values: object) => ({ type: 'object', additionalProperties: values })
const tags = { ...mapOf(text(256)), maxProperties: 50 }
const stopConditions = {
  type: 'array',
  items: { type: 'object', required: ['source'], properties: { source: word(64), value: text(2048, 20) } },
}
const target = {
  type: 'object',
  required: ['resourceType', 'selectionMode'],
  properties: {
    resourceType: word(128),
    resourceArns: { type: 'array', maxItems: 5, items: word(2048, 20) },
    resourceTags: tags,
    filters: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'values'],
        properties: { path: word(256), values: { type: 'array', items: text(128) } },
      },
    },
    selectionMode: word(64),
    parameters: mapOf(text(1024)),
  },
}
const action = {
  type: 'object',
  required: ['actionId'],
  properties: {
    actionId: word(128),
    description: text(512),
    parameters: mapOf(text(1024)),
    targets: mapOf(text(64)),
    startAfter: { type: 'array', items: text(64) },
  },
}
const members = {
  description: text(512),
  stopConditions,
  targets: mapOf(target),
  actions: mapOf(action),
  roleArn: word(2048, 20),
  logConfiguration: { type: 'object' },
  experimentReportConfiguration: { type: 'object' },
  experimentOptions: {
    type: 'object',
    properties: {
      accountTargeting: { enum: ['single-account', 'multi-account'] },
      emptyTargetResolutionMode: { enum: ['fail', 'skip'] },
    },
  },
}

const clientToken = word(1024, 1)

/** Made with the first of them that comes: a start need not wait for the library, nor for four schemas. */
let made: ReturnType<typeof compile> | undefined

function shapes() {
  return (made ??= compile())
}

function compile() {
  const { Ajv } = createRequire(import.meta.url)('ajv') as typeof ajvLibrary
  const ajv = new Ajv({ allErrors: true })
  return {
    create: ajv.compile<TemplateInput & { readonly clientToken?: string }>({
      type: 'object',
      required: ['description', 'stopConditions', 'actions', 'roleArn'],
      properties: { ...members, clientToken, tags },
    }),
    update: ajv.compile<Partial<TemplateInput>>({ type: 'object', properties: members }),
    start: ajv.compile<StartInput>({
      type: 'object',
      required: ['experimentTemplateId'],
      properties: {
        clientToken,
        experimentTemplateId: word(64),
        tags,
        experimentOptions: { type: 'object', properties: { actionsMode: { enum: ['skip-all', 'run-all'] } } },
      },
    }),
    tag: ajv.compile<{ readonly tags: Tags }>({ type: 'object', required: ['tags'], properties: { tags } }),
  }
}

/** @throws FisRefusal with every problem, in the format that AWS services have */
export function readCreate(json: unknown): TemplateInput & { readonly clientToken?: string } {
  const { create } = shapes()
  if (create(json)) return json
  throw problems(create.errors)
}

export function readUpdate(json: unknown): Partial<TemplateInput> {
  const { update } = shapes()
  if (update(json)) return json
  throw problems(update.errors)
}

export function readStart(json: unknown): StartInput {
  const { start } = shapes()
  if (start(json)) return json
  throw problems(start.errors)
}

export function readTags(json: unknown): Tags {
  const { tag } = shapes()
  if (tag(json)) return json.tags
  throw problems(tag.errors)
}

function problems(errors: readonly ErrorObject[] | null | undefined): Error {
  const found = (errors ?? []).map((error) => {
    const place = error.instancePath.slice(1).replaceAll('/', '.')
    const missing = error.keyword === 'required' ? (error.params as { missingProperty: string }).missingProperty : undefined
    const at = [place, missing].filter((part) => part !== undefined && part !== '').join('.') || 'body'
    return `Value at '${at}' failed to satisfy constraint: ${constraint(error)}`
  })
  return invalid(`${found.length} validation error${found.length === 1 ? '' : 's'} detected: ${found.join('; ')}`)
}

function constraint({ keyword, params, message }: ErrorObject): string {
  const limit = String((params as { limit?: number }).limit)
  switch (keyword) {
    case 'required':
      return 'Member must not be null'
    case 'maxLength':
    case 'maxItems':
    case 'maxProperties':
      return `Member must have length less than or equal to ${limit}`
    case 'minLength':
      return `Member must have length greater than or equal to ${limit}`
    case 'pattern':
      return 'Member must satisfy regular expression pattern: [\\S]+'
    case 'enum':
      return `Member must satisfy enum value set: [${(params as { allowedValues: readonly string[] }).allowedValues.join(', ')}]`
    default:
      return `Member ${message ?? keyword}`
  }
}
