/**
 * From the expressions of one request, as text, to checked plans: the door of this room.
 *
 *   text ── parse (remembered) ──> tree ── bind names and values, check ──> plan ── evaluate ──> outcome
 *
 * All expressions of a request share one set of placeholders, and each of those must be used by one of them; so they are bound
 * together. Nothing here knows of operations, tables or exceptions; mistakes are outcomes with DynamoDB's texts.
 */
import type { AttributeMap } from '../item/attribute-value.ts'
import { invalid, isInvalid } from '../item/invalid.ts'
import type { Invalid } from '../item/invalid.ts'
import { bindCondition } from './binding/bind-condition.ts'
import { bindKeyCondition } from './binding/bind-key-condition.ts'
import { bindPaths, bindUpdate } from './binding/bind-update.ts'
import { Scope } from './binding/scope.ts'
import { checkSubstitutions } from './binding/substitutions.ts'
import type { ConditionPlan } from './condition.ts'
import type { KeyConditionPlan } from './key-condition.ts'
import type { ProjectionPlan } from './projection.ts'
import { parse, refused } from './syntax/parse.ts'
import type { Parameter, TreeOf } from './syntax/parse.ts'
import type { UpdatePlan } from './update.ts'

/**
 * An expression that the operation has but the client left out is present and undefined; one that the operation does not have
 * is not a member at all. The message about values without expressions names those that could have been given.
 * `names` has been checked to be a map of strings, `values` to be valid attribute values in normal form.
 */
export interface ExpressionRequest {
  readonly condition?: string | undefined
  readonly filter?: string | undefined
  readonly keyCondition?: string | undefined
  readonly projection?: string | undefined
  readonly update?: string | undefined
  readonly names: Readonly<Record<string, string>> | undefined
  readonly values: AttributeMap | undefined
}

export interface BoundExpressions {
  readonly condition: ConditionPlan | undefined
  readonly filter: ConditionPlan | undefined
  readonly keyCondition: KeyConditionPlan | undefined
  readonly projection: ProjectionPlan | undefined
  readonly update: UpdatePlan | undefined
}

/** The order in which several mistakes are found is that of this function; for mistakes in two expressions at once it is a guess. */
export function bindExpressions(request: ExpressionRequest): BoundExpressions | Invalid {
  const { names, values } = request
  if (names !== undefined || values !== undefined) {
    const unusable = checkPresence(request) ?? checkSubstitutions(names, values)
    if (unusable !== undefined) return unusable
  }
  const binding = new Binding(names, values)
  const update = binding.bind('UpdateExpression', request.update, bindUpdate)
  if (isInvalid(update)) return update
  const condition = binding.bind('ConditionExpression', request.condition, bindCondition)
  if (isInvalid(condition)) return condition
  const projection = binding.bind('ProjectionExpression', request.projection, bindProjection)
  if (isInvalid(projection)) return projection
  const filter = binding.bind('FilterExpression', request.filter, bindCondition)
  if (isInvalid(filter)) return filter
  const keyCondition = binding.bind('KeyConditionExpression', request.keyCondition, bindKeyCondition)
  if (isInvalid(keyCondition)) return keyCondition
  return binding.unused() ?? { condition, filter, keyCondition, projection, update }
}

/** The placeholders of a request, and which of them its expressions used. */
class Binding {
  readonly #names: Readonly<Record<string, string>> | undefined
  readonly #values: AttributeMap | undefined
  readonly #used: ReadonlySet<string>[] = []

  constructor(names: Readonly<Record<string, string>> | undefined, values: AttributeMap | undefined) {
    this.#names = names
    this.#values = values
  }

  bind<P extends Parameter, Plan>(
    parameter: P,
    text: string | undefined,
    bindTree: (tree: TreeOf[P], scope: Scope) => Plan,
  ): Plan | Invalid | undefined {
    if (text === undefined) return undefined
    const parsed = parse(parameter, text)
    if (isInvalid(parsed)) return parsed
    const scope = new Scope(this.#names, this.#values)
    for (const placeholder of parsed.placeholders) {
      if (!scope.defines(placeholder)) return refused(parameter, undefinedPlaceholder(placeholder))
    }
    this.#used.push(parsed.placeholders)
    const plan = bindTree(parsed.tree, scope)
    return scope.mistake === undefined ? plan : refused(parameter, scope.mistake)
  }

  unused(): Invalid | undefined {
    return this.#unusedOf('ExpressionAttributeNames', this.#names) ?? this.#unusedOf('ExpressionAttributeValues', this.#values)
  }

  #unusedOf(parameter: string, map: object | undefined): Invalid | undefined {
    if (map === undefined) return undefined
    const unused = Object.keys(map).filter((placeholder) => !this.#used.some((used) => used.has(placeholder)))
    return unused.length === 0 ? undefined : invalid(`Value provided in ${parameter} unused in expressions: keys: {${unused.join(', ')}}`)
  }
}

function undefinedPlaceholder(placeholder: string): string {
  return placeholder.startsWith('#')
    ? `An expression attribute name used in the document path is not defined; attribute name: ${placeholder}`
    : `An expression attribute value used in expression is not defined; attribute value: ${placeholder}`
}

function bindProjection(paths: TreeOf['ProjectionExpression'], scope: Scope): ProjectionPlan {
  return {
    paths: bindPaths(
      paths.map((path) => scope.path(path)),
      scope,
    ),
  }
}

/** Placeholders are of no use without an expression that could hold them. */
function checkPresence(request: ExpressionRequest): Invalid | undefined {
  const { names, values, projection } = request
  const absent = takingValues.filter(([member]) => member in request)
  const noneTakesValues = absent.every(([member]) => request[member] === undefined)
  if (names !== undefined && noneTakesValues && projection === undefined) {
    return invalid('ExpressionAttributeNames can only be specified when using expressions')
  }
  if (values !== undefined && noneTakesValues) {
    const which = absent.length === 0 ? '' : `: ${absent.map(([, name]) => name).join(' and ')} ${absent.length === 1 ? 'is' : 'are'} null`
    return invalid(`ExpressionAttributeValues can only be specified when using expressions${which}`)
  }
  return undefined
}

const takingValues = [
  ['update', 'UpdateExpression'],
  ['condition', 'ConditionExpression'],
  ['filter', 'FilterExpression'],
  ['keyCondition', 'KeyConditionExpression'],
] as const satisfies readonly (readonly [keyof ExpressionRequest, Parameter])[]
