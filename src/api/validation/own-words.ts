import { TAGS_MAX, TOO_MANY_TAGS } from '../../engine/tag-limit.ts'
import type { OperationName } from '../service-model.ts'

/** What of the inputs matters here. The types are those of the model; that a member is there, and not null, is not said yet. */
interface Input {
  readonly RequestItems?: object | null
  readonly Tags?: readonly (Tag | null)[] | null
  readonly TagKeys?: readonly (string | null)[] | null
}

interface Tag {
  readonly Key?: string | null
  readonly Value?: string | null
}

/**
 * Where DynamoDB has words of its own for what its service model does not allow: those come instead of the sentence about the constraint.
 */
export function ownWordsFor(operation: OperationName, { RequestItems, Tags, TagKeys }: Input): string | undefined {
  switch (operation) {
    case 'BatchGetItem':
      // Observed in 32 of 33 Regions in 2026-09; until then it was the text of BatchWriteItem.
      return isEmpty(RequestItems)
        ? "1 validation error detected: Value at 'RequestItems' failed to satisfy constraint: Member must have length greater than or equal to 1"
        : undefined
    case 'BatchWriteItem':
      return isEmpty(RequestItems) ? 'The requestItems parameter is required for BatchWriteItem' : undefined
    case 'CreateTable':
    case 'TagResource':
      return tagsProblem(Tags ?? [])
    case 'UntagResource':
      return keysProblem(TagKeys ?? [])
    default:
      return undefined
  }
}

function isEmpty(map: object | null | undefined): boolean {
  return map !== undefined && map !== null && Object.keys(map).length === 0
}

const KEY_CHARACTERS_MAX = 128
const VALUE_CHARACTERS_MAX = 256
/** "Letters, white space, and numbers, plus the special characters + - = . _ : /" (developer guide); @ was taken too. */
const allowed = /^[\p{L}\p{N}\p{Z}+\-=._:/@]*$/u

/** The texts were observed on AWS, 2026-10; the order of the checks is partly a guess. */
function tagsProblem(tags: readonly (Tag | null)[]): string | undefined {
  const keys = tags.map((tag) => tag?.Key ?? null)
  const wrongKey = keysProblem(keys)
  if (wrongKey !== undefined) return wrongKey
  for (const tag of tags) {
    const value = tag?.Value ?? null
    if (value === null || value.length > VALUE_CHARACTERS_MAX || !allowed.test(value)) {
      return `The Tag Value provided is invalid, Value: ${value}`
    }
  }
  const twice = keys.find((key, at) => keys.indexOf(key) < at)
  return twice === undefined ? undefined : `Duplicate Tag Keys provided as input: Duplicate Tag Key found ${twice}`
}

function keysProblem(keys: readonly (string | null)[]): string | undefined {
  if (keys.length > TAGS_MAX) return TOO_MANY_TAGS
  for (const key of keys) {
    if (key === null || key === '' || key.length > KEY_CHARACTERS_MAX || !allowed.test(key)) {
      return `The Tag Key provided is invalid, Key: ${key}`
    }
    if (/^aws:/i.test(key)) return `Tag Key cannot be prefixed with aws:, Key: ${key}`
  }
  return undefined
}
