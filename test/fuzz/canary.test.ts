import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from '../../src/expression/syntax/parse.ts'
import { fuzz } from './fuzz.ts'
import { anyCondition } from './texts.ts'

/** The test of the tests: what goes wrong on purpose must be found, made small, and told with a command that replays it. */
describe('a mistake is found', () => {
  const common = { title: 'canary', file: 'canary.test.ts', share: 0.1 }

  it('in what is thrown', async () => {
    const check = (text: string): void => {
      if (text.includes('BETWEEN')) throw new TypeError('a mistake')
      parse('ConditionExpression', text)
    }
    const found = fuzz({ ...common, cases: anyCondition, check })
    await expect(found).rejects.toThrow(
      /EVERYWRITE_FUZZ_SEED=\d+ EVERYWRITE_FUZZ_PATH='[\d:]+' npx vitest run test\/fuzz\/canary\.test\.ts/,
    )
    await expect(found).rejects.toThrow('TypeError: a mistake')
    const small = await found.then(
      () => '',
      (error: unknown) => (error instanceof Error ? (error.message.split('\n')[1] ?? '') : ''),
    )
    expect(small.length).toBeLessThan(60)
  })

  it('in what never ends', async () => {
    const check = (sent: number): Promise<void> => (sent > 5 ? new Promise(() => undefined) : Promise.resolve())
    await expect(fuzz({ ...common, cases: fc.nat(), check, caseMsMax: 20 })).rejects.toThrow('no end after 20 ms')
  })
})
