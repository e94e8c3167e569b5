import type { AttributeMap } from '../../../item/attribute-value.ts'
import { isInvalid } from '../../../item/invalid.ts'
import { hashRangeOfSegment } from '../../../item/item-key.ts'
import { parseItem } from '../../../item/parse-attribute-value.ts'
import type { WireError } from '../../wire-error.ts'
import { fromInvalid, isWireError, validationError } from '../../wire-error.ts'
import { bindParameters } from './expressions.ts'
import type { PageInput } from './item-page.ts'
import { readPage, selectProblem } from './item-page.ts'
import type { Bounds } from './key-range.ts'
import { boundsBehind, contains } from './key-range.ts'
import { operation } from '../operation.ts'
import type { ReadSource } from './read-source.ts'
import { readSource, startKeyIn } from './read-source.ts'
import { openTable } from '../table-lookup.ts'

interface Input extends PageInput {
  readonly Segment?: number
  readonly TotalSegments?: number
}

export const scan = operation<Input>(async (context, input) => {
  const start = input.ExclusiveStartKey === undefined ? undefined : parseItem(input.ExclusiveStartKey)
  if (isInvalid(start) && start.kind === 'serialization') return fromInvalid(start)
  const bound = selectProblem(input, 'Scanning') ?? segmentProblem(input) ?? bindParameters('Scan', input)
  if (isWireError(bound)) return bound
  const open = await openTable(context, input.TableName)
  if (isWireError(open)) return open
  const source = readSource(open, input)
  if (isWireError(source)) return source

  const whole = hashRangeOfSegment(input.Segment ?? 0, input.TotalSegments ?? 1)
  const bounds = start === undefined ? whole : isInvalid(start) ? fromInvalid(start) : startBehind(start.item, source, whole, input)
  if (isWireError(bounds)) return bounds
  return readPage(source, input, { bounds, reverse: false, filter: bound.filter, projection: bound.projection })
})

function segmentProblem({ Segment, TotalSegments }: Input): WireError | undefined {
  if (Segment === undefined && TotalSegments === undefined) return undefined
  if (Segment === undefined) {
    return validationError('The Segment parameter is required but was not present in the request when parameter TotalSegments is present')
  }
  if (TotalSegments === undefined) {
    return validationError('The TotalSegments parameter is required but was not present in the request when Segment parameter is present')
  }
  if (Segment < TotalSegments) return undefined
  return validationError(
    'The Segment parameter is zero-based and must be less than parameter TotalSegments: ' +
      `Segment: ${Segment} is not less than TotalSegments: ${TotalSegments}`,
  )
}

/** The short text was seen for a Scan of an index, the long one for a Scan of a table. */
function startBehind(start: AttributeMap, source: ReadSource, whole: Bounds, { Segment, TotalSegments }: Input): Bounds | WireError {
  const key = startKeyIn(source, start)
  if (key === undefined) {
    const why = source.index === undefined ? ': The provided key element does not match the schema' : ''
    return validationError(`The provided starting key is invalid${why}`)
  }
  if (!contains(whole, key)) {
    return validationError(
      'The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. ' +
        `TotalSegments: ${TotalSegments} Segment: ${Segment}`,
    )
  }
  return boundsBehind(whole, key, false)
}
