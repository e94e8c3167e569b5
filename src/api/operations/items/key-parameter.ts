import type { Table } from '../../../engine/table.ts'
import type { AttributeMap } from '../../../item/attribute-value.ts'
import type { Invalid } from '../../../item/invalid.ts'
import { isInvalid } from '../../../item/invalid.ts'
import { emptyKeyProblem, parseKey } from '../../../item/item-key.ts'
import type { ParsedItem } from '../../../item/parse-attribute-value.ts'
import { parseItem } from '../../../item/parse-attribute-value.ts'
import type { WireError } from '../../wire-error.ts'
import { fromInvalid } from '../../wire-error.ts'

/** The `Key` of a request, which names one item. A problem with its values is told after those of expressions and table names. */
export type ParsedKey = ParsedItem | Invalid

export interface NamedItem {
  readonly key: AttributeMap
  readonly itemKey: Uint8Array
}

export function parseKeyParameter(json: unknown): ParsedKey | WireError {
  const parsed = parseItem(json)
  return isInvalid(parsed) && parsed.kind === 'serialization' ? fromInvalid(parsed) : parsed
}

export function readKey({ schema }: Table, parsed: ParsedKey): NamedItem | WireError {
  if (isInvalid(parsed)) return fromInvalid(parsed)
  const key = parseKey(schema, parsed.item)
  return isInvalid(key) ? fromInvalid(key) : { key: parsed.item, itemKey: key.key }
}

/** What is wrong with the values themselves, and not with how they fit the table's key. */
export function keyProblem({ schema }: Table, parsed: ParsedKey): WireError | undefined {
  const problem = isInvalid(parsed) ? parsed : emptyKeyProblem(schema, parsed.item)
  return problem && fromInvalid(problem)
}
