import type { Refusal } from '../../../engine/refusal.ts'
import { refuse } from '../../../engine/refusal.ts'
import { TAGS_MAX, TOO_MANY_TAGS } from '../../../engine/tag-limit.ts'

/** The tags of a table (developer guide, "Tagging restrictions"). */
export interface Tag {
  readonly Key: string
  readonly Value: string
}

export type Tags = Readonly<Record<string, string>>

/** @param added held to the rules for single tags already */
export function addTags(tags: Tags, added: readonly Tag[]): Record<string, string> | Refusal {
  const result = new Map(Object.entries(tags))
  for (const { Key, Value } of added) result.set(Key, Value)
  return result.size > TAGS_MAX ? refuse('invalid', TOO_MANY_TAGS) : Object.fromEntries(result)
}

export function removeTags(tags: Tags, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)))
}
