import type { OperationName } from '../service-model.ts'
import { inputShapes } from '../service-model.ts'
import type { WireError } from '../wire-error.ts'
import { serializationError, validationError } from '../wire-error.ts'
import type { LinkedShape } from './linked-shape.ts'
import { linkedShape } from './linked-shape.ts'
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
  const shape = linkedShape(inputShapes[operation])
  if (!isRecord(input)) return serializationError(wrongType(shape.shape, shape.name, input))
  const walk: Walk = { serialization: undefined, violations: undefined }
  check(shape, input, '', walk)
  if (walk.serialization !== undefined) return serializationError(walk.serialization)
  const misnamed = controlPlane.has(operation) ? tableNameProblem(input['TableName']) : undefined
  if (misnamed !== undefined) return validationError(misnamed)
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

function checkList(shape: Extract<LinkedShape, { kind: 'list' }>, value: unknown[], path: string, walk: Walk): void {
  const bounds = lengthProblems(shape, value.length)
  for (const problem of bounds) violation(shape, value, path, problem, walk)
  const ofElements = shape.element.kind === 'text' ? constraintsOf(shape.element) : []
  for (const [at, element] of value.entries()) {
    if (ofElements.length > 0 && typeof element === 'string') {
      if (!fits(shape.element, element)) {
        violation(shape, value, path, `Member must satisfy constraint: [${ofElements.join(', ')}]`, walk)
        return
      }
    } else check(shape.element, element, `${path}.${at + 1}.member`, walk)
  }
}

function checkMap(shape: Extract<LinkedShape, { kind: 'map' }>, value: Record<string, unknown>, path: string, walk: Walk): void {
  const names = Object.keys(value)
  for (const problem of lengthProblems(shape, names.length)) violation(shape, value, path, problem, walk)
  if (names.some((name) => !fits(shape.key, name))) {
    violation(shape, value, path, `Map keys must satisfy constraint: [${constraintsOf(shape.key).join(', ')}]`, walk)
  }
  for (const name of names) {
    const entry = value[name]
    if (shape.value.kind === 'list' && Array.isArray(entry) && lengthProblems(shape.value, entry.length).length > 0) {
      violation(shape, value, path, `Map value must satisfy constraint: [${constraintsOf(shape.value).join(', ')}]`, walk)
      return
    }
    check(shape.value, entry, `${path}.${name}.member`, walk)
  }
}

function checkText(shape: Extract<LinkedShape, { kind: 'text' }>, value: string, path: string, walk: Walk): void {
  if (shape.name === 'TableArn') return checkText(nameShapeFor(value), value, path, walk)
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

/** A name is held to the rules of names; what begins like an ARN only to those of ARNs. */
function nameShapeFor(value: string): Extract<LinkedShape, { kind: 'text' }> {
  return value.startsWith('arn:') ? arnShape : nameShape
}

const nameShape = textShape('TableName')
const arnShape: typeof nameShape = { ...textShape('TableArn'), name: 'an ARN' }

function textShape(name: string): Extract<LinkedShape, { kind: 'text' }> {
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
  const rules = shape.name === 'TableArn' ? nameShapeFor(value) : shape
  return (
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
function constraintsOf(shape: LinkedShape): string[] {
  const rules = shape.name === 'TableArn' ? nameShape : shape
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
