import type { Test } from './condition-operators.ts'
import { NULL, operators } from './condition-operators.ts'
import { isRecord } from './policy-json.ts'
import type { ConditionValues } from './condition-keys.ts'
import { knownConditionKeys } from './condition-keys.ts'

/**
 * The `Condition` of a statement: all its operators must hold, all their keys, and for each key one of the values. What a request has
 * several values for (`dynamodb:LeadingKeys`, `dynamodb:Attributes`) is compared with `ForAllValues:` or `ForAnyValue:`.
 */
export interface Condition {
  readonly key: string
  readonly set: 'ForAllValues' | 'ForAnyValue' | undefined
  readonly ifExists: boolean
  readonly negated: boolean
  /** Whether the key shall be missing, when that is what is asked. */
  readonly missing: boolean | undefined
  readonly tests: readonly Test[]
}

/** @returns the conditions, or what is wrong, as the end of a message; undefined for what is no condition at all */
export function parseConditions(json: unknown, variables: boolean): readonly Condition[] | string | undefined {
  if (!isRecord(json)) return undefined
  const conditions: Condition[] = []
  for (const [name, byKey] of Object.entries(json)) {
    const { set, operator, ifExists } =
      /^((?<set>ForAllValues|ForAnyValue):)?(?<operator>\w+?)(?<ifExists>IfExists)?$/.exec(name)?.groups ?? {}
    const known = operators.get(operator ?? '')
    // The texts of this function are guesses, this one after IAM's.
    if (known === undefined || (operator === NULL && ifExists !== undefined)) return `Invalid Condition type : ${name}.`
    if (!isRecord(byKey)) return undefined
    for (const [key, given] of Object.entries(byKey)) {
      if (!knownConditionKeys.has(key.toLowerCase())) return `The following condition keys are invalid: "${key}"`
      const values = (Array.isArray(given) ? given : [given]) as unknown[]
      if (values.length === 0 || !values.every(isScalar)) return undefined
      const tests = values.map((value) => known.compile(String(value), variables))
      const usable = tests.filter((test) => test !== undefined)
      if (usable.length < tests.length) return `The value of "${key}" is invalid for the condition type ${name}`
      conditions.push({
        key: key.toLowerCase(),
        set: set as Condition['set'],
        ifExists: ifExists !== undefined,
        negated: known.negated,
        missing: operator === NULL ? String(values[0]).toLowerCase() === 'true' : undefined,
        tests: usable,
      })
    }
  }
  return conditions
}

/** @param denies what cannot be decided (several values without a set operator) is decided against the request */
export function hold(conditions: readonly Condition[], valuesOf: ConditionValues, denies: boolean): boolean {
  const lookup = (key: string): string | undefined => {
    const values = valuesOf(key.toLowerCase())
    return values?.length === 1 ? values[0] : undefined
  }
  return conditions.every(({ key, set, ifExists, negated, missing, tests }) => {
    const actual = valuesOf(key)
    if (missing !== undefined) return (actual === undefined || actual.length === 0) === missing
    if (actual === undefined || actual.length === 0) return set === 'ForAllValues' || (set === undefined && (ifExists || negated))
    const holds = (value: string): boolean => tests.some((test) => test(value, lookup)) !== negated
    if (set === 'ForAnyValue') return actual.some(holds)
    return set === 'ForAllValues' || !denies ? actual.every(holds) : actual.some(holds)
  })
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
