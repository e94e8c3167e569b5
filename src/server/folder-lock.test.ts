import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockFolder } from './folder-lock.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everywrite-lock-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('a folder has one holder at a time, and a new one as soon as it is released', async () => {
  for (let round = 0; round < 5; round++) {
    const lock = await lockFolder(folder)
    expect(lock).toBeDefined()
    expect(await lockFolder(folder)).toBeUndefined()
    await lock?.release()
  }
})

test('of many that try in the same moment exactly one gets it, also over what a dead holder left', async () => {
  for (let round = 0; round < 10; round++) {
    const locks = await Promise.all(Array.from({ length: 12 }, () => lockFolder(folder)))
    const held = locks.filter((lock) => lock !== undefined)
    expect(held).toHaveLength(1)
    await held[0]?.release()
    // Only the trace of the last holder stays.
    expect(await readdir(join(folder, 'lock'))).toHaveLength(1)
  }
})

test('the lock of a process that was killed is free at once', async () => {
  const code = `import { lockFolder } from ${JSON.stringify(new URL('./folder-lock.ts', import.meta.url).href)}
    await lockFolder(process.argv[1]); console.log('held'); setInterval(() => {}, 1000)`
  const holder = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(holder.stdout, 'data')
  expect(await lockFolder(folder)).toBeUndefined()
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  const lock = await lockFolder(folder)
  expect(lock).toBeDefined()
  await lock?.release()
})

test('the same folder by another path is the same folder', async () => {
  const lock = await lockFolder(folder)
  expect(await lockFolder(join(folder, '..', folder.slice(folder.lastIndexOf('/') + 1)))).toBeUndefined()
  await lock?.release()
})
