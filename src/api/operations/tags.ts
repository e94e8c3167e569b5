import type { Refusal } from '../../engine/refusal.ts'
import { refuse } from '../../engine/refusal.ts'

/** The tags of a table, and DynamoDB's rules for them (developer guide, "Tagging restrictions"). The texts are guesses. */
export interface Tag {
  readonly Key: string
  readonly Value: string
}

export type Tags = Readonly<Record<string, string>>

const TAGS_MAX = 50

export function addTags(tags: Tags, added: readonly Tag[]): Record<string, string> | Refusal {
  const result = new Map(Object.entries(tags))
  const seen = new Set<string>()
  for (const { Key, Value } of added) {
    if (seen.has(Key)) return invalid(`Duplicate tag key: ${Key}`)
    if (/^aws:/i.test(Key)) return invalid(`Tag keys that begin with aws: are reserved: ${Key}`)
    seen.add(Key)
    result.set(Key, Value)
  }
  if (result.size > TAGS_MAX) return invalid(`A table has at most ${TAGS_MAX} tags`)
  return Object.fromEntries(result)
}

export function removeTags(tags: Tags, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)))
}

function invalid(what: string): Refusal {
  return refuse('invalid', `One or more parameter values were invalid: ${what}`)
}
