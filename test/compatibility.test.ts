import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { operations } from '../src/api/operations/registry.ts'
import { inputShapes, streamInputShapes } from '../src/api/service-model.ts'

/** The page says of every operation what differs; whoever adds one changes its line. */
const page = readFileSync(new URL('../docs/compatibility.md', import.meta.url), 'utf8')
const section = /^## Operation by operation\n([\s\S]*?)^## /m.exec(page)?.[1] ?? ''
const rows = [...section.matchAll(/^\| (\w+) \| (.+) \|$/gm)].flatMap(([, name = '', differs = '']) =>
  name === 'operation' ? [] : [{ name, differs }],
)

describe('docs/compatibility.md', () => {
  test('has a line for every operation of both service models, once, in alphabetical order', () => {
    expect(rows.map(({ name }) => name)).toEqual([...Object.keys(inputShapes), ...Object.keys(streamInputShapes)].sort())
  })

  test('marks those operations as missing that are missing, and no others', () => {
    const marked = rows.filter(({ differs }) => differs === '`UnknownOperationException`').map(({ name }) => name)
    const missing = Object.entries(operations).flatMap(([name, operation]) => (operation === undefined ? [name] : []))
    expect(marked).toEqual(missing.sort())
    expect(rows.filter(({ name, differs }) => differs.includes('UnknownOperationException') && !marked.includes(name))).toEqual([])
  })
})
