import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { useEndpoint, useTable } from './endpoint.ts'
import { refusalOf, validation } from './refusal.ts'

const endpoint = useEndpoint()
const table = useTable(endpoint, 'values', 'pk S')

async function stored(value: AttributeValue): Promise<AttributeValue | undefined> {
  const Key = { pk: { S: 'value' } }
  await endpoint.client.send(new PutItemCommand({ TableName: table, Item: { ...Key, value } }))
  const { Item } = await endpoint.client.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }))
  return Item?.['value']
}

describe('a value comes back as it was written', () => {
  it.each<[string, AttributeValue]>([
    ['an empty string', { S: '' }],
    ['a string of all planes', { S: 'aé漢😀\u0000\n"' }],
    ['a binary value', { B: Uint8Array.of(0, 255, 128) }],
    ['an empty binary value', { B: new Uint8Array() }],
    ['true', { BOOL: true }],
    ['false', { BOOL: false }],
    ['null', { NULL: true }],
    ['an empty list', { L: [] }],
    ['an empty map', { M: {} }],
    ['a list of everything', { L: [{ S: 'x' }, { N: '1' }, { M: { a: { L: [{ NULL: true }] } } }, { SS: ['a'] }] }],
    ['a map with odd names', { M: { 'a.b': { N: '1' }, constructor: { N: '2' }, toString: { N: '3' } } }],
  ])('%s', async (_what, value) => {
    expect(await stored(value)).toEqual(value)
  })

  it('a set, in whatever order', async () => {
    const strings = await stored({ SS: ['b', 'a', ''] })
    expect(strings?.SS?.toSorted()).toEqual(['', 'a', 'b'])
    const numbers = await stored({ NS: ['3', '-1', '2.50'] })
    expect(numbers?.NS?.toSorted()).toEqual(['-1', '2.5', '3'])
    const binaries = await stored({ BS: [Uint8Array.of(2), Uint8Array.of(1)] })
    expect(binaries?.BS?.map(([byte]) => byte).toSorted()).toEqual([1, 2])
  })
})

describe('a number is written in one way', () => {
  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['0.0', '0'],
    ['00012', '12'],
    ['1.50', '1.5'],
    ['+7', '7'],
    ['.5', '0.5'],
    ['1e3', '1000'],
    ['1E-3', '0.001'],
    ['-1.2e+2', '-120'],
    ['12345678901234567890123456789012345678', '12345678901234567890123456789012345678'],
    ['0.00000000000000000000000000000000000001', '0.00000000000000000000000000000000000001'],
    ['1000000000000000000000000000000000000000000', '1000000000000000000000000000000000000000000'],
  ])('%s as %s', async (given, normal) => {
    expect(await stored({ N: given })).toEqual({ N: normal })
  })

  it.each(['9.9999999999999999999999999999999999999E+125', '-9.9999999999999999999999999999999999999E+125', '1E-130', '-1E-130'])(
    '%s is within the range',
    async (given) => {
      const value = await stored({ N: given })
      expect(Number(value?.N)).toBe(Number(given))
    },
  )
})

describe('PutItem refuses a value', () => {
  const OVERFLOW = 'Number overflow. Attempting to store a number with magnitude larger than supported range'
  const UNDERFLOW = 'Number underflow. Attempting to store a number with magnitude smaller than supported range'
  const NOT_NUMERIC = 'The parameter cannot be converted to a numeric value'
  const EMPTY = 'Supplied AttributeValue is empty, must contain exactly one of the supported datatypes'
  const SEVERAL = 'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes'
  const invalid = 'One or more parameter values were invalid: '

  it.each<[unknown, string]>([
    [{}, EMPTY],
    [{ S: null }, EMPTY],
    [{ a: '' }, EMPTY],
    [{ S: 'a', N: '1' }, SEVERAL],
    [{ L: [{}] }, EMPTY],
    [{ M: { a: {} } }, EMPTY],
    [{ NULL: false }, `${invalid}Null attribute value types must have the value of true`],
    [{ SS: [] }, `${invalid}An string set  may not be empty`],
    [{ NS: [] }, `${invalid}An number set  may not be empty`],
    [{ BS: [] }, `${invalid}Binary sets should not be empty`],
    [{ SS: ['a', 'b', 'a'] }, `${invalid}Input collection [a, b, a] contains duplicates.`],
    [{ BS: ['Yg==', 'Yg=='] }, `${invalid}Input collection [Yg==, Yg==]of type BS contains duplicates.`],
    [{ NS: ['1', '1.0'] }, 'Input collection contains duplicates'],
    [{ N: '' }, NOT_NUMERIC],
    [{ N: 'b' }, `${NOT_NUMERIC}: b`],
    [{ N: 'NaN' }, `${NOT_NUMERIC}: NaN`],
    [{ N: 'Infinity' }, `${NOT_NUMERIC}: Infinity`],
    [{ N: '1 ' }, `${NOT_NUMERIC}: 1 `],
    [{ N: '0x10' }, `${NOT_NUMERIC}: 0x10`],
    [{ NS: ['1', 'b'] }, `${NOT_NUMERIC}: b`],
    [{ N: '123456789012345678901234567890123456789' }, 'Attempting to store more than 38 significant digits in a Number'],
    [{ N: '-1e126' }, OVERFLOW],
    [{ N: '1e126' }, OVERFLOW],
    [{ N: '1e-131' }, UNDERFLOW],
    [{ N: '-1e-131' }, UNDERFLOW],
  ])('%j', async (value, message) => {
    const body = { TableName: table, Item: { pk: { S: 'a' }, value } }
    expect(await refusalOf(endpoint, 'PutItem', body)).toEqual(validation(message))
  })

  it('that is nested too deeply', async () => {
    let value: object = { S: 'x' }
    for (let level = 0; level < 32; level++) value = { L: [value] }
    expect(await refusalOf(endpoint, 'PutItem', { TableName: table, Item: { pk: { S: 'a' }, value } })).toEqual(
      validation('Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit'),
    )
  })

  it('whose name is longer than 65,535 bytes', async () => {
    const name = 'x'.repeat(65_536)
    const message = '1 validation error detected: Attribute name is too large, must be less than 65536 bytes'
    const Key = { pk: { S: 'a' } }
    for (const value of [{ [name]: { N: '1' } }, { inner: { M: { [name]: { N: '1' } } } }]) {
      expect(await refusalOf(endpoint, 'PutItem', { TableName: table, Item: { ...Key, ...value } })).toEqual(validation(message))
    }
    expect((await endpoint.raw('PutItem', { TableName: table, Item: { ...Key, [name.slice(1)]: { N: '1' } } })).status).toBe(200)
  })

  it('with which the item is larger than 400 KB', async () => {
    const Item = (length: number): object => ({ pk: { S: 'big' }, v: { S: 'x'.repeat(length) } })
    const nameAndKey = 'pk'.length + 'big'.length + 'v'.length
    expect((await endpoint.raw('PutItem', { TableName: table, Item: Item(400 * 1024 - nameAndKey) })).status).toBe(200)
    expect(await refusalOf(endpoint, 'PutItem', { TableName: table, Item: Item(400 * 1024 - nameAndKey + 1) })).toEqual(
      validation('Item size has exceeded the maximum allowed size'),
    )
  })
})
