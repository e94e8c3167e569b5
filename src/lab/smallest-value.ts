import { functionName } from '../world/function-registry.ts'
import type { WrittenVersion } from './write-log.ts'

/** The function of the lab's `custom` policy: of what the versions made it shows the item with the smallest value, and of equal ones the last. */
export const smallestValueSource = `function smallest(versions) {
  const items = versions.map(({ item }) => item).filter((item) => item !== null)
  const valueOf = ({ v }) => (v === undefined ? '' : v.S)
  return items.reduce((a, b) => (valueOf(b) <= valueOf(a) ? b : a))
}`

export const smallestValue = `custom:${functionName(smallestValueSource)}`

/** The same, as the oracle sees it. */
export function chooseSmallest(siblings: readonly WrittenVersion[]): WrittenVersion | undefined {
  const made = siblings.filter(({ version }) => version.stored !== undefined)
  const valueOf = ({ value = '' }: WrittenVersion): string => value
  return made.length === 0 ? siblings.at(-1) : made.reduce((a, b) => (valueOf(b) <= valueOf(a) ? b : a))
}
