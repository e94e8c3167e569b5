import type { OperationName } from '../service-model.ts'
import type { WireError } from '../wire-error.ts'
import { serializationError, validationError } from '../wire-error.ts'
import type { LinkedShape } from './linked-shape.ts'
import { inputShapeOf, linkedShape } from './linked-shape.ts'
import { ownWordsFor } from './own-words.ts'
import { printedValue } from './printed-value.ts'
import { wrongType } from './wrong-type.ts'

/**
 * Checks the input of an operation against the service model, before anything else looks at it: first the JSON types of the
 * whole request (SerializationException), then the constraints (ValidationException, naming up to ten members).
 *
 * Like DynamoDB it ignores members that it does not know, takes null as absent and cuts fractions off whole numbers; the last
 * two are done in `input` itself, so that operations need not think of them. Attribute values are left to the item room.
 *
 * @returns what is wrong; undefined when the input has the shape that the operation's own type states
 */
export function validateInput(operation: OperationName, input: unknown): WireError | undefined {
  const shape = inputShapeOf(operation)
  if (!isRecord(input)) return serializationError(wrongType(shape.shape, shape.name, input))
  const walk: Walk = { serialization: undefined, violations: undefined }
  check(shape, input, '', walk)
  if (walk.serialization !== undefined) return serializationError(walk.serialization)
  const ownWords = (controlPlane.has(operation) ? tableNameProblem(input['TableName']) : undefined) ?? ownWordsFor(operation, input)
  if (ownWords !== undefined) return validationError(ownWords)
  if (walk.violations === undefined) return undefined
  const { length } = walk.violations
  return validationError(`${length} validation error${length === 1 ? '' : 's'} detected: ${walk.violations.join('; ')}`)
}

interface Walk {
  serialization: string | undefined
  violations: string[] | undefined
}

/** DynamoDB names no more. Recalled from observations of other engines' authors; a guess. */
const VIOLATIONS_MAX = 10

/** @returns the value as operations shall see it */
function check(shape: LinkedShape, value: unknown, path: string, walk: Walk): unknown {
  switch (shape.kind) {
    case 'opaque':
      return value
    case 'text':
      if (typeof value === 'string') checkText(shape, value, path, walk)
      else mismatch(shape, value, walk)
      return value
    case 'boolean':
      if (typeof value !== 'boolean') mismatch(shape, value, walk)
      return value
    case 'number':
      if (typeof value === 'number') return checkNumber(shape, value, path, walk)
      mismatch(shape, value, walk)
      return value
    case 'structure':
      if (isRecord(value)) checkStructure(shape, value, path, walk)
      else mismatch(shape, value, walk)
      return value
    case 'list':
      if (Array.isArray(value)) checkList(shape, value, path, walk)
      else mismatch(shape, value, walk)
      return value
    case 'map':
      if (isRecord(value)) checkMap(shape, value, path, walk)
      else mismatch(shape, value, walk)
      return value
  }
}

function checkStructure(
  shape: Extract<LinkedShape, { kind: 'structure' }>,
  value: Record<string, unknown>,
  path: string,
  walk: Walk,
): void {
  for (const member of shape.members) {
    const given = value[member.name]
    if (given === undefined || given === null) {
      if (given === null) delete value[member.name]
      if (member.required) violation(member.shape, null, join(path, member.path), 'Member must not be null', walk)
      continue
    }
    const seen = check(member.shape, given, join(path, member.path), walk)
    if (seen !== given) value[member.name] = seen
  }
}

/** What is wrong with an element that is a text, or null, is said of the whole list. That null is one of the constraints is a guess. */
function checkList(shape: Extract<LinkedShape, { kind: 'list' }>, value: unknown[], path: string, walk: Walk): void {
  for (const problem of lengthProblems(shape, value.length)) violation(shape, value, path, problem, walk)
  let unfit = false
  for (const [at, element] of value.entries()) {
    if (element === null || typeof element === 'string') unfit ||= !fitsInside(shape.element, element, walk)
    else check(shape.element, element, `${path}.${at + 1}.member`, walk)
  }
  if (unfit) violation(shape, value, path, `Member must satisfy constraint: [${innerConstraints(shape.element)}]`, walk)
}

function checkMap(shape: Extract<LinkedShape, { kind: 'map' }>, value: Record<string, unknown>, path: string, walk: Walk): void {
  const names = Object.keys(value)
  for (const problem of lengthProblems(shape, names.length)) violation(shape, value, path, problem, walk)
  const misnamed = names.find((name) => !fits(shape.key, name))
  if (misnamed !== undefined) {
    const rules = constraintsOf(rulesFor(shape.key, misnamed))
    violation(shape, value, path, `Map keys must satisfy constraint: [${rules.join(', ')}]`, walk)
  }
  let unfit = false
  for (const name of names) {
    const entry = value[name]
    if (entry === null || typeof entry === 'string') unfit ||= !fitsInside(shape.value, entry, walk)
    else if (Array.isArray(entry) && shape.value.kind === 'list' && lengthProblems(shape.value, entry.length).length > 0) unfit = true
    else check(shape.value, entry, `${path}.${name}.member`, walk)
  }
  if (unfit) violation(shape, value, path, `Map value must satisfy constraint: [${innerConstraints(shape.value)}]`, walk)
}

/** Whether a text or null may be an element of a list or a value of a map. A text of the wrong type is noted. */
function fitsInside(shape: LinkedShape, value: string | null, walk: Walk): boolean {
  if (value === null) return shape.kind === 'opaque'
  if (shape.kind !== 'text' && shape.kind !== 'opaque') mismatch(shape, value, walk)
  return fits(shape, value)
}

/** Where the shape states nothing else, the only thing that can be wrong is null. */
function innerConstraints(shape: LinkedShape): string {
  const texts = constraintsOf(shape)
  return texts.length > 0 ? texts.join(', ') : 'Member must not be null'
}

function checkText(shape: TextShape, value: string, path: string, walk: Walk): void {
  const rules = rulesFor(shape, value)
  if (rules !== shape) return checkText(rules, value, path, walk)
  for (const problem of lengthProblems(shape, value.length)) violation(shape, value, path, problem, walk)
  if (shape.pattern !== undefined && !shape.pattern.test(value)) violation(shape, value, path, patternText(shape), walk)
  if (shape.allowed !== undefined && !shape.allowed.has(value)) violation(shape, value, path, enumText(shape.allowed), walk)
}

function checkNumber(shape: Extract<LinkedShape, { kind: 'number' }>, value: number, path: string, walk: Walk): number {
  const seen = shape.whole ? Math.trunc(value) : value
  if (seen < shape.min) violation(shape, seen, path, `Member must have value greater than or equal to ${shape.min}`, walk)
  if (seen > shape.max) violation(shape, seen, path, `Member must have value less than or equal to ${shape.max}`, walk)
  return seen
}

/**
 * Where a table can be named by its ARN the model has only the rules of ARNs. A name is held to the rules of names all the same
 * (observed until ARNs came, in 2024; since then a guess), except that an empty one is but too short (observed in 2025).
 */
function rulesFor<S extends LinkedShape>(shape: S, value: string): S | TextShape {
  return shape.name === 'TableArn' && value !== '' && !value.startsWith('arn:') ? nameShape : shape
}

type TextShape = Extract<LinkedShape, { kind: 'text' }>

const nameShape = textShape('TableName')

function textShape(name: string): TextShape {
  const shape = linkedShape(name)
  if (shape.kind !== 'text') throw new TypeError(`${name} is not a text`)
  return shape
}

/** These look at the name before the rest, and have texts of their own for it (observed on AWS through 2018 and later). */
const controlPlane: ReadonlySet<OperationName> = new Set(['CreateTable', 'DeleteTable', 'DescribeTable', 'UpdateTable'])

function tableNameProblem(name: unknown): string | undefined {
  if (typeof name !== 'string') return "The parameter 'TableName' is required but was not present in the request"
  if (name.startsWith('arn:') || (name.length >= nameShape.min && name.length <= nameShape.max)) return undefined
  return `TableName must be at least ${nameShape.min} characters long and at most ${nameShape.max} characters long`
}

function fits(shape: LinkedShape, value: string): boolean {
  if (shape.kind !== 'text') return true
  const rules = rulesFor(shape, value)
  return (
    rules.kind === 'text' &&
    value.length >= rules.min &&
    value.length <= rules.max &&
    (rules.pattern === undefined || rules.pattern.test(value)) &&
    (rules.allowed === undefined || rules.allowed.has(value))
  )
}

function lengthProblems(shape: LinkedShape, length: number): string[] {
  if (length < shape.min) return [minText(shape)]
  return length > shape.max ? [maxText(shape)] : []
}

/** All rules of a shape, as DynamoDB lists them when elements, keys or values break one. */
function constraintsOf(rules: LinkedShape): string[] {
  const texts: string[] = []
  if (rules.max !== Infinity) texts.push(maxText(rules))
  if (rules.min !== -Infinity) texts.push(minText(rules))
  if (rules.kind === 'text' && rules.pattern !== undefined) texts.push(patternText(rules))
  if (rules.kind === 'text' && rules.allowed !== undefined) texts.push(enumText(rules.allowed))
  return texts
}

function minText({ min }: LinkedShape): string {
  return `Member must have length greater than or equal to ${min}`
}

function maxText({ max }: LinkedShape): string {
  return `Member must have length less than or equal to ${max}`
}

function patternText(shape: LinkedShape): string {
  return `Member must satisfy regular expression pattern: ${'pattern' in shape.shape ? shape.shape.pattern : ''}`
}

function enumText(allowed: ReadonlySet<string>): string {
  return `Member must satisfy enum value set: [${[...allowed].join(', ')}]`
}

function mismatch(shape: LinkedShape, value: unknown, walk: Walk): void {
  walk.serialization ??= wrongType(shape.shape, shape.name, value)
}

function violation(shape: LinkedShape, value: unknown, path: string, problem: string, walk: Walk): void {
  const violations = (walk.violations ??= [])
  if (violations.length === VIOLATIONS_MAX) return
  violations.push(`Value ${printedValue(shape, value)} at '${path}' failed to satisfy constraint: ${problem}`)
}

function join(path: string, member: string): string {
  return path === '' ? member : `${path}.${member}`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
