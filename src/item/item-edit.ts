import type { AttributeMap, AttributeValue } from './attribute-value.ts'
import { attributeOf } from './attribute-value.ts'

/**
 * What an update was told to do to one place of an item, where that says more than the item that came out: an ADD is not the number that it made, and a SET
 * is a write also of the value that was there. Whoever keeps copies of an item in several places may want to know; all it needs is here.
 */
export type ItemEdit =
  /** Whatever stood there, this does now. */
  | { readonly kind: 'set'; readonly path: ItemPath; readonly value: AttributeValue }
  | { readonly kind: 'remove'; readonly path: ItemPath }
  /** A number, in normal form, was added to the one that stood there, if any. */
  | { readonly kind: 'add'; readonly path: ItemPath; readonly by: string }
  /** Elements that a set has now, or has no more. */
  | { readonly kind: 'include' | 'exclude'; readonly path: ItemPath; readonly elements: ElementSet }
  /** Elements that a list has now behind, or before, the ones that it had. */
  | { readonly kind: 'append' | 'prepend'; readonly path: ItemPath; readonly elements: readonly AttributeValue[] }

/** Names of attributes, from the item down through maps. What is changed within a list is a change of the list. */
export type ItemPath = readonly string[]

export type ElementSet = { readonly SS: readonly string[] } | { readonly NS: readonly string[] } | { readonly BS: readonly string[] }

export function valueAtNames(item: AttributeMap, path: ItemPath): AttributeValue | undefined {
  let value: AttributeValue | undefined = { M: item }
  for (const name of path) {
    if (value === undefined || !('M' in value)) return undefined
    value = attributeOf(value.M, name)
  }
  return value
}
