import { dumpText, load } from 'ion-js'
import { describe, expect, test } from 'vitest'
import { excessIn } from './ion-guard.ts'
import { ionLine, readIonLine, writeStructs } from './ion.ts'

describe('an Ion line', () => {
  test('is written as the documentation shows it', () => {
    const item = {
      Authors: { SS: ['Author1', 'Author2'] },
      Dimensions: { S: '8.5 x 11.0 x 1.5' },
      Id: { N: '103' },
      InPublication: { BOOL: false },
      PageCount: { N: '600' },
      Price: { N: '2000' },
      Weight: { N: '-1.50' },
      Raw: { B: 'aGVsbG8=' },
      None: { NULL: true },
    } as const
    expect(ionLine((writer) => writeStructs(writer, [['Item', item]]))).toBe(
      '$ion_1_0 {Item:{Authors:$dynamodb_SS::["Author1","Author2"],Dimensions:"8.5 x 11.0 x 1.5",Id:103.,InPublication:false,' +
        'PageCount:6d2,Price:2d3,Weight:-1.5,Raw:{{aGVsbG8=}},None:null}}\n',
    )
  })

  test('is read in all the ways in which Ion text can spell it', () => {
    const text = `$ion_1_0 { 'Item' : { a: 1, b: -0x1f, c: 1.50d-3, "d": '''x''' '''y''', e: null.string, /* no */ f: $dynamodb_NS::[1, 2d0], g: {{ aGk= }},
      h: [true, {}, []], } } // end`
    expect(readIonLine(text)).toEqual({
      Item: {
        a: { N: '1' },
        b: { N: '-31' },
        c: { N: '150E-5' },
        d: { S: 'xy' },
        e: { NULL: true },
        f: { NS: ['1', '2E0'] },
        g: { B: 'aGk=' },
        h: { L: [{ BOOL: true }, { M: {} }, { L: [] }] },
      },
    })
  })

  test('that is none, or holds what is no attribute value, is malformed', () => {
    const lines = [
      '',
      '1',
      'null.struct',
      '{Item:{a:1}',
      '{Item:{a:"x}}',
      '{Item:{a:{{b!}}}}',
      '{a:1}{b:2}',
      '{Item:{a:1,a:2}}',
      '{Item:{a:2026-01-01}}',
    ]
    const more = [
      '{Item:{a:symbol}}',
      '{Item:{a:1e5}}',
      '{Item:{a:(1)}}',
      '{Item:{a:$dynamodb_NS::["x"]}}',
      '{Item:{a:other::[1]}}',
      '{Item:{a:$dynamodb_SS::[null]}}',
    ]
    for (const line of [...lines, ...more])
      expect(() => readIonLine(line), line).toThrow(expect.objectContaining({ code: 'MALFORMED_RECORD' }))
  })

  test('that would cost more than it is long is refused unread', () => {
    const deep = `{Item:{a:${'['.repeat(1_000_000)}`
    const digits = `{Item:{a:${'9'.repeat(8_000_000)}}}`
    for (const line of [deep, digits, `{Item:{a:-${'1.'.repeat(1000)}}}`]) {
      expect(() => readIonLine(line)).toThrow(expect.objectContaining({ code: 'MALFORMED_RECORD' }))
    }
  })

  test('is not refused for what stands in strings, blobs, names and comments', () => {
    const digits = '1'.repeat(1000)
    const brackets = '[{('.repeat(100)
    for (const text of [
      `"${digits}${brackets}\\"["`,
      `'''${brackets}' '' ${digits}'''`,
      `{{${'1111'.repeat(1000)}}}`,
      `/* ${brackets} */ 1`,
      '[1, 2]',
    ]) {
      expect(excessIn(`{Item:{a${digits}:${text},'${brackets}':1}}`), text).toBeUndefined()
    }
  })

  test('of ours is Ion to others, and the other way round', () => {
    const item = { 'a b': { S: 'é"\n\u0001' }, null: { M: { true: { N: '-0.00000000000000000000000000000000000001' } } } } as const
    const line = ionLine((writer) => writeStructs(writer, [['Item', item]]))
    const value = load(line)
    expect(value?.get('Item', 'a b')?.stringValue()).toBe('é"\n\u0001')
    expect(readIonLine(dumpText(value))).toEqual({ Item: { ...item, null: { M: { true: { N: '-1E-38' } } } } })
  })
})
