import { readFile } from 'node:fs/promises'
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb'
import type { StartWorldOptions, TestWorld } from './start-world.ts'
import { startWorld } from './start-world.ts'
import type { TemplateOptions } from './template-tables.ts'

/** What a test library calls around tests: Vitest, Jest and Bun name them so; of node:test and Mocha give `{ beforeAll: before, afterAll: after, afterEach }`. */
export interface TestHooks {
  beforeAll(run: () => Promise<void>): unknown
  afterAll(run: () => Promise<void>): unknown
  afterEach(run: () => Promise<void>): unknown
}

export interface UseWorldOptions extends StartWorldOptions, TemplateOptions {
  /** Tables that every test of the file finds, a replica in every Region. */
  readonly tables?: readonly CreateTableCommandInput[]
  /** The file of a template whose tables every test of the file finds. */
  readonly template?: string | URL
}

/** One world for the tests of a file, closed after them; what a test broke is healed after it. @returns a function that gives it */
export function useWorld(hooks: TestHooks, options: UseWorldOptions = {}): () => TestWorld {
  let world: TestWorld | undefined
  const current = (): TestWorld => {
    if (world === undefined) throw new Error('The world begins with the first test of the file: ask for it inside of tests and hooks.')
    return world
  }
  hooks.beforeAll(async () => {
    world = await startWorld(options)
    for (const table of options.tables ?? []) await world.createTable(table)
    if (options.template !== undefined) await world.createTables(await readFile(options.template, 'utf8'), options)
  })
  hooks.afterEach(() => current().heal())
  hooks.afterAll(async () => {
    await world?.close()
  })
  return current
}
