import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createSandbox, sandboxEngine } from './sandbox.ts'

const sandbox = await createSandbox()
const failed = (why: string): unknown => ({ kind: 'failed', why: expect.stringContaining(why) as string })

describe('the sandbox of the policy custom', () => {
  test('REP-13: a function sees its input, and returns what it makes of it', () => {
    expect(sandbox.run('(versions) => versions.at(-1).item', '[{"item":{"a":{"N":"1"}}}]')).toEqual({
      kind: 'returned',
      json: '{"a":{"N":"1"}}',
    })
    expect(sandbox.run('function (v) { return null } // none', '[]')).toEqual({ kind: 'returned', json: 'null' })
  })

  test.each([
    'Date',
    'Math.random',
    'performance',
    'Intl',
    'WeakRef',
    'FinalizationRegistry',
    'process',
    'require',
    'fetch',
    'setTimeout',
    'crypto',
    'console',
  ])('REP-13 (F21): %s is not there', (name) => {
    expect(sandbox.run(`() => typeof ${name}`, '[]')).toEqual({ kind: 'returned', json: '"undefined"' })
  })

  test('REP-13 (F21): it is limited by what it does, not by how long it takes, and comes to the same each time', () => {
    expect(sandbox.run('() => { for (;;); }', '[]')).toEqual(failed('interrupted'))
    expect(sandbox.run('() => /^(a+)+$/.test("a".repeat(40) + "b")', '[]')).toEqual(failed('interrupted'))
    expect(sandbox.run('() => { const a = []; for (;;) a.push({}) }', '[]')).toEqual(failed('out of memory'))
    expect(sandbox.run('() => "x".repeat(2e8)', '[]')).toEqual(failed('out of memory'))
    expect(sandbox.run('function f() { return 1 + f() }', '[]')).toEqual(failed('stack overflow'))
  })

  test('REP-13: what throws, and what returns nothing, has failed', () => {
    expect(sandbox.run('() => { throw new TypeError("no") }', '[]')).toEqual(failed('TypeError: no'))
    expect(sandbox.run('() => undefined', '[]')).toEqual(failed('returned nothing'))
    expect(sandbox.run('() => 10n', '[]')).toEqual(failed('failed'))
  })

  test('one run leaves nothing for another, not even one that the engine did not survive', () => {
    expect(sandbox.run('() => { globalThis.left = 1; Array.prototype.left = 2; return [] }', '[]')).toEqual({
      kind: 'returned',
      json: '[]',
    })
    expect(sandbox.run('() => [typeof left, typeof [].left]', '[]')).toEqual({ kind: 'returned', json: '["undefined","undefined"]' })
    const deep = sandbox.run('() => { let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a }', '[]')
    expect(deep.kind).toBe('failed')
    expect(sandbox.run('() => { let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a }', '[]')).toEqual(deep)
    expect(sandbox.run('async () => 1', '[]')).toEqual({ kind: 'returned', json: '{}' })
    expect(sandbox.run('(v) => v', '[1]')).toEqual({ kind: 'returned', json: '[1]' })
  })

  test('what is no function is told apart before it is registered', () => {
    expect(sandbox.problemOf('(versions) => null')).toBeUndefined()
    expect(sandbox.problemOf('// why\nfunction decide(versions) { return null }\n// end')).toBeUndefined()
    expect(sandbox.problemOf('() => {')).toContain('SyntaxError')
    expect(sandbox.problemOf('7')).toBe('it is "number"')
  })

  test('the engine says its version', () => {
    const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
      packages: Record<string, { version: string }>
    }
    for (const name of ['quickjs-emscripten-core', '@jitl/quickjs-wasmfile-release-sync']) {
      expect(sandboxEngine).toBe(`quickjs-emscripten-${lock.packages[`node_modules/${name}`]?.version ?? ''}`)
    }
  })
})
