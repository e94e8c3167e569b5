import { computed, signal } from '@preact/signals'
import { awakeRegions } from './links.ts'

/** What on the map was picked: a Region, or the two Regions of a link, in the direction that was clicked. */
export type Selection =
  { readonly kind: 'region'; readonly name: string } | { readonly kind: 'link'; readonly from: string; readonly to: string }

const picked = signal<Selection | undefined>(undefined)

export const selection = computed<Selection | undefined>(() => {
  const { value } = picked
  if (value === undefined) return undefined
  const names = value.kind === 'region' ? [value.name] : [value.from, value.to]
  return names.every((name) => awakeRegions.value.includes(name)) ? value : undefined
})

export function select(value: Selection | undefined): void {
  picked.value = value
}

export function isSelectedLink(a: string, b: string): boolean {
  const { value } = selection
  return value?.kind === 'link' && ((value.from === a && value.to === b) || (value.from === b && value.to === a))
}

export function isSelectedRegion(name: string): boolean {
  return selection.value?.kind === 'region' && selection.value.name === name
}
