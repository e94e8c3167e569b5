import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Program } from './program.ts'
import { mainFile, startProgram } from './program.ts'

const run = promisify(execFile)
const root = new URL('..', import.meta.url).pathname

let program: Program
let folder: string
beforeAll(async () => {
  program = await startProgram(['--memory'])
  // Below the project, so that the scripts find its packages.
  mkdirSync(join(root, 'node_modules', '.cache'), { recursive: true })
  folder = mkdtempSync(join(root, 'node_modules', '.cache', 'readme-'))
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await program.stop()
})

/** The fenced blocks of a page, in order. */
function fences(
  page: string,
): { readonly language: string; readonly file: string | undefined; readonly run: boolean; readonly text: string }[] {
  return [...page.matchAll(/^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm)].map(([, language = '', info = '', text = '']) => ({
    language,
    file: /file=(\S+)/.exec(info)?.[1],
    run: !info.includes('not-run'),
    text,
  }))
}

test('what the README tells a new user to run works, in that order, and ends with the write that lost', async () => {
  const said: string[] = []
  for (const fence of fences(readFileSync(join(root, 'README.md'), 'utf8'))) {
    if (!fence.run) continue
    if (fence.language === 'js' && fence.file !== undefined) {
      writeFileSync(join(folder, fence.file), fence.text.replaceAll('http://127.0.0.1:8000', program.url))
      said.push((await run(process.execPath, [fence.file], { cwd: folder })).stdout)
    }
    if (fence.language !== 'sh') continue
    for (const line of fence.text.trim().split('\n')) {
      const [npx, name, ...args] = line.split(' ')
      expect([npx, name]).toEqual(['npx', 'everywrite'])
      const endpoint = args[0] === 'demo' ? [] : ['--endpoint', program.url]
      said.push((await run(process.execPath, [mainFile, ...args, ...endpoint])).stdout)
    }
  }
  const [, table = '', , writes = ''] = said
  expect(table).toContain('users has a replica in eu-west-1')
  expect(writes).toContain('us-east-1 shows new@email.com')
  expect(writes).toContain('eu-west-1 shows different@email.com')
  const conflicts = said.at(-1) ?? ''
  expect(conflicts).toContain('new@email.com')
  expect(conflicts).toContain('different@email.com')
}, 120_000)
