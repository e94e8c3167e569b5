import { createRequire } from 'node:module'
import type { ValidateFunction } from 'ajv'
import { Ajv } from 'ajv'
import type { InputProblem } from './input-problem.ts'
import { schemaProblems } from './input-problem.ts'

/** The schemas of input files; the package publishes them, so that editors can help with writing one. */
export type SchemaName = 'workload' | 'requirements' | 'price-book'

export function schemaOf(name: SchemaName): object {
  return createRequire(import.meta.url)(`./schemas/${name}.schema.json`) as object
}

const validators = new Map<SchemaName, ValidateFunction>()

/** A copy with its defaults filled in, or everything that the schema finds wrong. */
export function heldTo(name: SchemaName, value: unknown): { readonly value: unknown } | { readonly problems: readonly InputProblem[] } {
  let validate = validators.get(name)
  if (validate === undefined) {
    validate = new Ajv({ allErrors: true, useDefaults: true, verbose: true, allowUnionTypes: true }).compile(schemaOf(name))
    validators.set(name, validate)
  }
  const copy = structuredClone(value)
  return validate(copy) ? { value: copy } : { problems: schemaProblems(validate.errors ?? []) }
}
