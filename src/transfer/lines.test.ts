import { describe, expect, test } from 'vitest'
import { linesOf } from './lines.ts'
import { pieces } from './object-store.contract.ts'

async function lines(text: string, pieceBytes: number, bytesMax = 100): Promise<string[]> {
  const bytes = Buffer.from(text)
  const all = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, at) =>
    bytes.subarray(at * pieceBytes, (at + 1) * pieceBytes),
  )
  const found: string[] = []
  for await (const line of linesOf(pieces(...all), bytesMax)) found.push(Buffer.from(line).toString())
  return found
}

describe('lines', () => {
  test('are found wherever the pieces end', async () => {
    for (const pieceBytes of [1, 2, 3, 5, 100]) {
      expect(await lines('one\ntwo\r\n\n\r\né\nlast', pieceBytes)).toEqual(['one', 'two', 'é', 'last'])
      expect(await lines('one\n', pieceBytes)).toEqual(['one'])
      expect(await lines('', pieceBytes)).toEqual([])
    }
  })

  test('that are too long are refused as soon as they are, not at their end', async () => {
    for (const pieceBytes of [1, 7, 1000]) {
      await expect(lines(`ok\n${'x'.repeat(101)}\nok`, pieceBytes)).rejects.toMatchObject({ code: 'RECORD_TOO_LONG' })
      expect(await lines(`${'x'.repeat(100)}\n`, pieceBytes)).toHaveLength(1)
    }
    let given = 0
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) {
        given += 10
        yield await Promise.resolve(Buffer.alloc(10, 'x'))
      }
    }
    const read = async (): Promise<void> => {
      for await (const line of linesOf(endless(), 100)) expect(line).toBeUndefined()
    }
    await expect(read()).rejects.toMatchObject({ code: 'RECORD_TOO_LONG' })
    expect(given).toBeLessThan(150)
  })
})
