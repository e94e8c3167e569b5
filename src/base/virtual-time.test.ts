import { expect, test } from 'vitest'
import { VirtualTime } from './virtual-time.ts'

test('tasks run in order of time, and of scheduling within one instant', async () => {
  const time = new VirtualTime()
  const ran: string[] = []
  time.after(5, () => ran.push('five'))
  time.after(1, () => ran.push('one'))
  time.after(5, () => ran.push('five again'))
  time.after(9, () => ran.push('nine'))
  await time.advance(5)
  expect(ran).toEqual(['one', 'five', 'five again'])
  expect(time.monotonicMs()).toBe(5)
  expect(time.pending).toBe(1)
})

test('a cancelled task does not run and is not pending', async () => {
  const time = new VirtualTime()
  let ran = false
  const cancel = time.after(1, () => (ran = true))
  cancel()
  cancel()
  expect(time.pending).toBe(0)
  await time.advance(10)
  expect(ran).toBe(false)
})

test('what a task promises has settled before the next task runs', async () => {
  const time = new VirtualTime()
  const seen: string[] = []
  time.after(1, () => {
    void (async () => {
      for (let hop = 0; hop < 50; hop++) await Promise.resolve()
      seen.push('settled')
    })()
  })
  time.after(1, () => seen.push('next'))
  await time.advance(1)
  expect(seen).toEqual(['settled', 'next'])
})

test('waiting for a promise lets as much time pass as it needs', async () => {
  const time = new VirtualTime(0)
  const promise = new Promise<string>((resolve) => time.after(60_000, () => resolve('late')))
  expect(await time.resolve(promise)).toBe('late')
  expect(time.nowMs()).toBe(60_000)
})

test('waiting for what never happens is an error, not a hang', async () => {
  await expect(new VirtualTime().runUntil(() => false, 1000)).rejects.toThrow('not reached')
})
