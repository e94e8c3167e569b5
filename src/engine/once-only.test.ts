import { expect, it } from 'vitest'
import { systemTime } from '../base/system-time.ts'
import { createMemoryStore } from '../storage/memory-store.ts'
import { judgeToken, onceOnly, removeOutlivedTokens, TOKEN_LIFETIME_MS, tokenWrite } from './once-only.ts'

const begunAtMs = 1_800_000_000_000
const token = (name: string, nowMs = begunAtMs) => onceOnly(Buffer.from(name), Buffer.from('content'), nowMs)

it('a token says for ten minutes what was carried out under it', () => {
  const { value } = tokenWrite(token('a'))
  expect(judgeToken(undefined, token('a'))).toBeUndefined()
  expect(judgeToken(value, token('a', begunAtMs + TOKEN_LIFETIME_MS))).toBe('repeated')
  expect(judgeToken(value, onceOnly(Buffer.from('a'), Buffer.from('other'), begunAtMs))).toBe('mismatch')
  expect(judgeToken(value, token('a', begunAtMs + TOKEN_LIFETIME_MS + 1))).toBeUndefined()
})

it('tokens that say nothing any more are removed, from however many pages, and the others stay', async () => {
  const store = createMemoryStore({ scheduler: systemTime })
  const old = Array.from({ length: 2500 }, (_, at) => token(`token-${at}`))
  const young = token('token-77-young', begunAtMs + 1)
  await store.transact([], () => ({ writes: [...old, young].map(tokenWrite), result: undefined }))
  await removeOutlivedTokens(store, begunAtMs + TOKEN_LIFETIME_MS)
  expect((await store.getMany(old.map(({ key }) => key))).filter((row) => row !== undefined)).toHaveLength(old.length)
  await removeOutlivedTokens(store, begunAtMs + TOKEN_LIFETIME_MS + 1)
  expect((await store.getMany(old.map(({ key }) => key))).filter((row) => row !== undefined)).toEqual([])
  expect(await store.get(young.key)).toBeDefined()
})
