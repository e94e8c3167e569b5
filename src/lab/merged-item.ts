import type { AttributeMap, AttributeValue, Item } from '../item/attribute-value.ts'
import { attributeOf } from '../item/attribute-value.ts'
import type { ItemEdit } from '../item/item-edit.ts'

/** What clients do to items whose parts are merged: additions to a number, elements of a set and of a list, members of a map. */
export interface MergedCall {
  readonly region: string
  readonly key: string
  readonly kind: 'add' | 'set' | 'include' | 'exclude' | 'append' | 'prepend' | 'member' | 'delete'
  /** What is added, or written. */
  readonly by: number
  /** Of a set: the element; of a map: the member. */
  readonly name: string
}

/** The keys of such items; nobody else writes them. */
export const mergedKeys = ['merged-1', 'merged-2'] as const

/** The edit that the call is; a member of what is no map yet makes an empty map first, and is a call of its own. */
export function editOf({ kind, by, name }: Omit<MergedCall, 'region' | 'key'>, before: Item | undefined): ItemEdit | undefined {
  switch (kind) {
    case 'add':
      return { kind, path: ['n'], by: String(by) }
    case 'set':
      return { kind, path: ['n'], value: { N: String(by) } }
    case 'include':
    case 'exclude':
      return { kind, path: ['s'], elements: { SS: [name] } }
    case 'append':
    case 'prepend':
      return { kind, path: ['l'], elements: [{ N: String(by) }] }
    case 'member': {
      const map = before === undefined ? undefined : attributeOf(before, 'm')
      const isThere = map !== undefined && 'M' in map
      return isThere ? { kind: 'set', path: ['m', name], value: { N: String(by) } } : { kind: 'set', path: ['m'], value: { M: {} } }
    }
    case 'delete':
      return undefined
  }
}

/** The item after the edit. */
export function edited(item: AttributeMap, { path: [name = '', ...rest], ...edit }: ItemEdit): Item {
  const { [name]: old, ...others } = item
  if (rest.length > 0) return { ...item, [name]: { M: edited(old !== undefined && 'M' in old ? old.M : {}, { ...edit, path: rest }) } }
  const made = editedValue(old, edit)
  return made === undefined ? others : { ...item, [name]: made }
}

function editedValue(old: AttributeValue | undefined, edit: WithoutPath<ItemEdit>): AttributeValue | undefined {
  switch (edit.kind) {
    case 'set':
      return edit.value
    case 'remove':
      return undefined
    case 'add':
      return { N: String((old !== undefined && 'N' in old ? Number(old.N) : 0) + Number(edit.by)) }
    case 'append':
      return { L: [...(old !== undefined && 'L' in old ? old.L : []), ...edit.elements] }
    case 'prepend':
      return { L: [...edit.elements, ...(old !== undefined && 'L' in old ? old.L : [])] }
    case 'include':
    case 'exclude': {
      const elements = new Set(old !== undefined && 'SS' in old ? old.SS : [])
      for (const element of 'SS' in edit.elements ? edit.elements.SS : []) {
        if (edit.kind === 'include') elements.add(element)
        else elements.delete(element)
      }
      return elements.size === 0 ? undefined : { SS: [...elements].sort() }
    }
  }
}

type WithoutPath<Edit> = Edit extends unknown ? Omit<Edit, 'path'> : never
