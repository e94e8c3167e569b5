import { mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises'
import { constants } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openLogFile } from './log-file.ts'

let folder = ''
let path = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everywrite-log-'))
  path = join(folder, 'log-0')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('a file is made once, written anywhere, read as a whole, and emptied', async () => {
  const first = await openLogFile(path)
  expect(await first.read()).toEqual(Buffer.alloc(0))
  await first.write(Buffer.from('begins'), 0)
  await first.write(Buffer.from('goes on'), 6)
  await first.write(Buffer.from('B'), 0)
  await first.close()
  const again = await openLogFile(path)
  expect((await again.read()).toString()).toBe('Beginsgoes on')
  await again.empty()
  expect((await stat(path)).size).toBe(0)
  await again.close()
})

test.skipIf(process.platform !== 'linux')(
  'a write returns when it is on the disk (skipped elsewhere: Linux says how a file is open)',
  async () => {
    const file = await openLogFile(path)
    const descriptors = await readdir('/proc/self/fd')
    const targets = await Promise.all(descriptors.map((each) => readlink(`/proc/self/fd/${each}`).catch(() => 'closed meanwhile')))
    const descriptor = descriptors[targets.indexOf(path)]
    const flags = /flags:\s+(\d+)/.exec(await readFile(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1] ?? ''
    expect(parseInt(flags, 8) & constants.O_DSYNC).toBe(constants.O_DSYNC)
    await file.close()
  },
)
