import { attributeOf } from '../item/attribute-value.ts'
import type { AttributeMap, AttributeValue } from '../item/attribute-value.ts'

/**
 * A document path with its placeholders resolved: names of attributes and indices of lists. The first step is always a name.
 * `a.b[3]` is `['a', 'b', 3]`.
 */
export type Path = readonly PathStep[]

export type PathStep = string | number

/** What stands at that path of the item, or undefined: something on the way is missing, or is no map or list. */
export function valueAt(item: AttributeMap, path: Path): AttributeValue | undefined {
  const [first, second] = path
  if (typeof first !== 'string') return undefined
  let value = attributeOf(item, first)
  if (second === undefined) return value
  for (let depth = 1; depth < path.length && value !== undefined; depth++) value = step(value, path[depth])
  return value
}

function step(value: AttributeValue, at: PathStep | undefined): AttributeValue | undefined {
  if (typeof at === 'string') return 'M' in value ? attributeOf(value.M, at) : undefined
  return 'L' in value && at !== undefined ? value.L[at] : undefined
}

/** The path as DynamoDB's messages print it: `[a, b, [3]]`. */
export function formatPath(path: Path): string {
  return `[${path.map((at) => (typeof at === 'number' ? `[${at}]` : at)).join(', ')}]`
}

export function samePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((at, depth) => at === b[depth])
}
