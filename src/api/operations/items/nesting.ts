import type { AttributeMap, AttributeValue } from '../../../item/attribute-value.ts'
import { NESTING_LEVELS_MAX } from '../../../item/parse-attribute-value.ts'

/**
 * Whether an item lies deeper than DynamoDB takes. What a client sends whole is checked when it is parsed; an update can put
 * one value into another, and needs this. It looks no deeper than the limit.
 */
export function nestsTooDeep(item: AttributeMap): boolean {
  for (const name in item) {
    const value = item[name]
    if (value !== undefined && reachesBelow(value, NESTING_LEVELS_MAX)) return true
  }
  return false
}

/** @param levels how many the value itself and what is in it may take */
function reachesBelow(value: AttributeValue, levels: number): boolean {
  if (levels === 0) return true
  if ('M' in value) {
    for (const name in value.M) {
      const inner = value.M[name]
      if (inner !== undefined && reachesBelow(inner, levels - 1)) return true
    }
    return false
  }
  return 'L' in value && value.L.some((inner) => reachesBelow(inner, levels - 1))
}
