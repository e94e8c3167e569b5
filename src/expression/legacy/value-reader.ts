import type { AttributeValue } from '../../item/attribute-value.ts'
import type { Invalid } from '../../item/invalid.ts'
import { isInvalid } from '../../item/invalid.ts'
import { parseAttributeValue, parseItem } from '../../item/parse-attribute-value.ts'

/**
 * Reads the attribute values that stand everywhere in legacy parameters, and keeps what is wrong with them: a wrong shape before
 * a wrong content, and either before a parameter's own rules (the latter is a guess). What it returns for a bad value is
 * worthless, but has a type, so that translation can go on.
 */
export class ValueReader {
  #problem: Invalid | undefined

  get problem(): Invalid | undefined {
    return this.#problem
  }

  value(json: unknown): AttributeValue {
    const parsed = parseAttributeValue(json)
    if (!isInvalid(parsed)) return parsed.value
    this.#report(parsed)
    return WORTHLESS
  }

  values(json: readonly unknown[]): readonly AttributeValue[] {
    return json.map((each) => this.value(each))
  }

  /** An attribute that is to be stored: its name is held to the rules of names. */
  attribute(name: string, json: unknown): readonly [string, AttributeValue] {
    const parsed = parseItem({ [name]: json })
    if (isInvalid(parsed)) this.#report(parsed)
    else for (const [stored, value] of Object.entries(parsed.item)) return [stored, value]
    return [name, WORTHLESS]
  }

  #report(problem: Invalid): void {
    if (this.#problem === undefined || (this.#problem.kind === 'validation' && problem.kind === 'serialization')) this.#problem = problem
  }
}

const WORTHLESS: AttributeValue = { NULL: true }
