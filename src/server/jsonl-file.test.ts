import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { JsonlFile } from './jsonl-file.ts'

let folder = ''
let path = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everywrite-jsonl-'))
  path = join(folder, 'a', 'b.jsonl')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const append = (file: JsonlFile, ...lines: string[]): Promise<void> => file.append(lines.map((line) => Buffer.from(line)))
const content = (): Promise<string> => readFile(path, 'utf8')

test('lines are appended, to what is there and to what was moved away', async () => {
  const file = new JsonlFile(path)
  await append(file, '1', '2')
  await append(file, '3')
  await append(new JsonlFile(path), '4')
  expect(await content()).toBe('1\n2\n3\n4\n')
  await rename(path, `${path}.old`)
  await append(file, '5')
  expect(await content()).toBe('5\n')
})

test.each([
  ['half a line', '{"a":1}\n{"b', '{"a":1}\n'],
  ['nothing but half a line', '{"b', ''],
  ['half a long line', `{"a":1}\n{"b":"${'x'.repeat(200_000)}`, '{"a":1}\n'],
  ['half a line after a long one', `"${'x'.repeat(65_530)}"\n{"b`, `"${'x'.repeat(65_530)}"\n`],
  ['whole lines', '{"a":1}\n', '{"a":1}\n'],
  ['nothing', '', ''],
])('what ends with %s is continued with a whole line', async (_what, left, kept) => {
  await append(new JsonlFile(path), 'x')
  await writeFile(path, left)
  await append(new JsonlFile(path), '{"c":3}')
  expect(await content()).toBe(`${kept}{"c":3}\n`)
})
