import { createRequire } from 'node:module'
import type { InputProblem } from './input-problem.ts'
import { heldTo } from './input-schema.ts'
import type { PriceBook } from './price-book.ts'

/** The books that come with the program. They are data files; each is read when it is first asked for. */
const load = createRequire(import.meta.url)

/** List prices of AWS since the cut of November 2024. */
export const currentBookName = 'aws-2024-11'
export const bookNames = [currentBookName, 'aws-before-2024-11'] as const
export type BookName = (typeof bookNames)[number]

export function builtInBook(name: BookName): PriceBook {
  return load(`./books/${name}.json`) as PriceBook
}

export function currentBook(): PriceBook {
  return builtInBook(currentBookName)
}

/** A book that somebody wrote or imported, or everything that is wrong with it. */
export function parsePriceBook(value: unknown): PriceBook | readonly InputProblem[] {
  const held = heldTo('price-book', value)
  if ('problems' in held) return held.problems
  const book = held.value as PriceBook
  const problems = Object.entries(book.regions).flatMap(([region, { prices }]) =>
    Object.entries(prices)
      .filter(([, { source }]) => !Object.hasOwn(book.sources, source))
      .map(([meter]) => ({ path: `regions.${region}.prices.${meter}.source`, problem: 'must be one of the keys of sources' })),
  )
  return problems.length === 0 ? book : problems
}

export function isPriceBook(outcome: PriceBook | readonly InputProblem[]): outcome is PriceBook {
  return !Array.isArray(outcome)
}

/** The lesson's prices, which no list of AWS ever had: by unit and month, alike in every Region. Its rules are in `lesson-arithmetic.ts`. */
export interface LessonBook {
  readonly name: string
  readonly title: string
  readonly perUnitMonth: { readonly write: string; readonly replicatedWrite: string; readonly read: string; readonly storageGb: string }
  readonly aurora: { readonly from: string; readonly to: string }
}

export function lessonBook(): LessonBook {
  return load('./books/lesson.json') as LessonBook
}
