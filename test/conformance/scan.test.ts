import type { ScanCommandInput } from '@aws-sdk/client-dynamodb'
import { BatchWriteItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { beforeAll, describe, expect, it } from 'vitest'
import { useEndpoint, useTable } from './endpoint.ts'
import { refusalOf, validation } from './refusal.ts'

const endpoint = useEndpoint()
const table = useTable(endpoint, 'scan', 'pk S')
const ids = Array.from({ length: 25 }, (_, at) => `id-${at}`)

beforeAll(async () => {
  const RequestItems = { [table]: ids.map((id, at) => ({ PutRequest: { Item: { pk: { S: id }, n: { N: `${at}` } } } })) }
  await endpoint.client.send(new BatchWriteItemCommand({ RequestItems }))
}, 60_000)

/** All pages of a scan. */
async function scanned(input: Partial<ScanCommandInput>): Promise<{ readonly found: readonly string[]; readonly pages: number }> {
  const found: string[] = []
  let pages = 0
  let start: ScanCommandInput['ExclusiveStartKey']
  do {
    const page = await endpoint.client.send(new ScanCommand({ TableName: table, ConsistentRead: true, ...input, ExclusiveStartKey: start }))
    for (const { pk } of page.Items ?? []) found.push(pk?.S ?? '')
    start = page.LastEvaluatedKey
    pages++
  } while (start !== undefined)
  return { found, pages }
}

describe('Scan', () => {
  it('finds every item once, in pages of any size', async () => {
    for (const Limit of [undefined, 1, 7, 25, 100]) {
      const { found } = await scanned({ Limit })
      expect(found.toSorted()).toEqual(ids.toSorted())
    }
  })

  it('finds every item in exactly one segment', async () => {
    for (const TotalSegments of [1, 2, 5, 100]) {
      const segments = await Promise.all(
        Array.from({ length: TotalSegments }, (_, Segment) =>
          scanned({ Segment, TotalSegments, ...(TotalSegments > 9 ? {} : { Limit: 3 }) }),
        ),
      )
      expect(segments.flatMap(({ found }) => found).toSorted()).toEqual(ids.toSorted())
    }
  })

  it('filters on keys too, and counts what it read', async () => {
    const { body } = await endpoint.raw('Scan', {
      TableName: table,
      ConsistentRead: true,
      FilterExpression: 'pk = :a OR n < :b',
      ExpressionAttributeValues: { ':a': { S: 'id-20' }, ':b': { N: '2' } },
      Select: 'COUNT',
    })
    expect(body).toEqual({ Count: 3, ScannedCount: 25 })
  })
})

describe('Scan refuses', () => {
  const invalid = 'One or more parameter values were invalid: '
  it.each<[object, string]>([
    [{ Segment: 0 }, 'The TotalSegments parameter is required but was not present in the request when Segment parameter is present'],
    [{ TotalSegments: 2 }, 'The Segment parameter is required but was not present in the request when parameter TotalSegments is present'],
    [
      { Segment: 2, TotalSegments: 2 },
      'The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 2 is not less than TotalSegments: 2',
    ],
    [{ Select: 'ALL_PROJECTED_ATTRIBUTES' }, `${invalid}ALL_PROJECTED_ATTRIBUTES can be used only when Scanning using an IndexName`],
    [{ FilterExpression: '' }, 'Invalid FilterExpression: The expression can not be empty;'],
    [
      { FilterExpression: 'n = :a' },
      'Invalid FilterExpression: An expression attribute value used in expression is not defined; attribute value: :a',
    ],
    [{ IndexName: 'absent' }, 'The table does not have the specified index: absent'],
    [
      { ExclusiveStartKey: { other: { S: 'x' } } },
      'The provided starting key is invalid: The provided key element does not match the schema',
    ],
    [{ ExclusiveStartKey: { pk: { N: '1' } } }, 'The provided starting key is invalid: The provided key element does not match the schema'],
  ])('%j', async (body, message) => {
    expect(await refusalOf(endpoint, 'Scan', { TableName: table, ...body })).toEqual(validation(message))
  })
})
