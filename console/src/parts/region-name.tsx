import { regionNames } from '../state/server.ts'

/** A Region wherever it is named, in the colour that it has everywhere. */
export function RegionName({ name }: { readonly name: string }) {
  return <span class={`region ${markOf(name)}`}>{name}</span>
}

/** The class that gives a Region its colour: by its place among those that are awake. */
export function markOf(name: string): string {
  const at = regionNames.value.indexOf(name)
  return `mark-${(at < 0 ? 7 : at) % 8}`
}
