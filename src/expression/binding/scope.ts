/**
 * What the placeholders of one request stand for, and what was found wrong while expressions were bound to them.
 * Placeholders are known to be defined when a scope is asked: `bind.ts` checks that first.
 */
import { assert } from '../../base/assert.ts'
import { attributeOf } from '../../item/attribute-value.ts'
import type { AttributeMap, AttributeValue } from '../../item/attribute-value.ts'
import type { Path } from '../path.ts'
import type { WrittenPath } from '../syntax/ast.ts'

export class Scope {
  readonly #names: Readonly<Record<string, string>> | undefined
  readonly #values: AttributeMap | undefined
  #mistake: string | undefined

  constructor(names: Readonly<Record<string, string>> | undefined, values: AttributeMap | undefined) {
    this.#names = names
    this.#values = values
  }

  /** The first rule that was broken, in DynamoDB's words. */
  get mistake(): string | undefined {
    return this.#mistake
  }

  observe(mistake: string): void {
    this.#mistake ??= mistake
  }

  defines(placeholder: string): boolean {
    const known = isName(placeholder) ? this.#names : this.#values
    return known !== undefined && Object.hasOwn(known, placeholder)
  }

  /** The written path itself where it has no placeholders. A request without names has none: there, `#a` is a name like any other. */
  path(written: WrittenPath): Path {
    return this.#names !== undefined && written.some(isName) ? written.map((step) => (isName(step) ? this.#name(step) : step)) : written
  }

  value(placeholder: string): AttributeValue {
    const value = this.#values === undefined ? undefined : attributeOf(this.#values, placeholder)
    assert(value !== undefined, `undefined placeholder ${placeholder}`)
    return value
  }

  #name(placeholder: string): string {
    const name = this.#names?.[placeholder]
    assert(name !== undefined, `undefined placeholder ${placeholder}`)
    return name
  }
}

function isName(step: string | number): step is string {
  return typeof step === 'string' && step.startsWith('#')
}
