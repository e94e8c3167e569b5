import type { AttributeMap, AttributeValue } from '../item/attribute-value.ts'

/** The same text for equal items: neither attributes nor elements of sets have an order. */
export function sameText(item: AttributeMap): string {
  return JSON.stringify(inOrder(item))
}

function inOrder(map: AttributeMap): AttributeMap {
  const names = Object.keys(map).sort()
  return Object.fromEntries(names.flatMap((name) => (map[name] === undefined ? [] : [[name, valueInOrder(map[name])]])))
}

function valueInOrder(value: AttributeValue): AttributeValue {
  if ('M' in value) return { M: inOrder(value.M) }
  if ('L' in value) return { L: value.L.map(valueInOrder) }
  if ('SS' in value) return { SS: [...value.SS].sort() }
  if ('NS' in value) return { NS: [...value.NS].sort() }
  if ('BS' in value) return { BS: [...value.BS].sort() }
  return value
}
