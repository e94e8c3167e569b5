import type { Table } from '../../../engine/table.ts'
import type { Item } from '../../../item/attribute-value.ts'
import { attributeOf, typeOf } from '../../../item/attribute-value.ts'
import { emptyIndexKeyProblem, indexKeyProblem } from '../../../item/index-key.ts'
import { keyPartOf } from '../../../item/item-key.ts'
import type { WireError } from '../../wire-error.ts'
import { fromInvalid, validationError } from '../../wire-error.ts'

/** What keeps an item out of a table because one of its indexes could not hold it; an item that an index simply lacks is no problem. */
export function indexProblem({ indexes }: Table, item: Item, itemKey: Uint8Array): WireError | undefined {
  for (const index of indexes) {
    if (index.status === 'DELETING') continue
    const problem = indexKeyProblem(index, item, itemKey)
    if (problem !== undefined) return fromInvalid(problem)
  }
  return undefined
}

/**
 * The same for an item that an update made, in texts of their own: the first two stand in the API reference (TransactWriteItems), the third
 * is recalled.
 */
export function updatedIndexProblem(table: Table, item: Item, itemKey: Uint8Array): WireError | undefined {
  const index = table.indexes.find((each) => each.status !== 'DELETING' && indexKeyProblem(each, item, itemKey) !== undefined)
  if (index === undefined) return undefined
  const values = [...index.partition, ...index.sort].flatMap(({ name, type }) => {
    const value = attributeOf(item, name)
    return value === undefined ? [] : [{ value, type }]
  })
  if (values.some(({ value, type }) => typeOf(value) !== type)) {
    return validationError('The update expression attempted to update the secondary index key to unsupported type')
  }
  const empty = values.find(({ value }) => keyPartOf(value).length === 0)
  if (empty === undefined) {
    return validationError('The update expression attempted to update the secondary index key beyond allowed size limits')
  }
  return validationError(
    'One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not ' +
      `supported. The AttributeValue for a key attribute cannot contain an empty ${empty.type === 'S' ? 'string' : 'binary'} value.`,
  )
}

/** What is wrong with an attribute that is the key of an index and is empty. */
export function emptyKeyOfIndexProblem({ indexes }: Table, item: Item): WireError | undefined {
  for (const index of indexes) {
    const problem = index.status === 'DELETING' ? undefined : emptyIndexKeyProblem(index, item)
    if (problem !== undefined) return fromInvalid(problem)
  }
  return undefined
}
