import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeAnswer, jsonBytes, jsonList, jsonObject } from './answer.ts'

const image = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))
const value = fc.oneof(
  fc.string({ unit: 'binary' }).filter((text) => Buffer.from(text).toString() === text),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
)
const item = fc.dictionary(
  fc.string().filter((name) => name !== '__proto__'),
  value,
)

describe('an answer put together from printed pieces', () => {
  it('is the JSON that printing it at once gives', () => {
    fc.assert(
      fc.property(item, fc.array(item), fc.dictionary(fc.string(), fc.array(item)), value, (one, several, byTable, plain) => {
        const answer = encodeAnswer({
          Item: jsonBytes(image(one)),
          Left: undefined,
          Plain: plain,
          Items: jsonList(several.map(image)),
          Responses: jsonObject(Object.entries(byTable).map(([table, items]) => [table, jsonList(items.map(image))])),
        })
        expect(answer.toString()).toBe(JSON.stringify({ Item: one, Plain: plain, Items: several, Responses: byTable }))
      }),
    )
  })

  it('is an empty object when there is nothing to tell', () => {
    expect(encodeAnswer({ Item: undefined }).toString()).toBe('{}')
  })
})
