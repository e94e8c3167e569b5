/**
 * Random cases until the time is up, made small when one of them fails. Which cases there are depends on the seed alone; how many, on the
 * machine and the budget:
 *
 *   EVERYWRITE_FUZZ_SECONDS  for all tests of this folder together (30 when left out)
 *   EVERYWRITE_FUZZ_SEED     another run (1 when left out)
 *   EVERYWRITE_FUZZ_PATH     with a seed: the one case that a report named, already small
 */
import fc from 'fast-check'

export const seed = Number(process.env['EVERYWRITE_FUZZ_SEED'] ?? 1)
const budgetMs = Number(process.env['EVERYWRITE_FUZZ_SECONDS'] ?? 30) * 1000
const path = process.env['EVERYWRITE_FUZZ_PATH']

/** A case that takes longer hangs. Generous: the machine may be busy. */
const CASE_MS_MAX = 10_000
/** Vitest must not end a test before the budget does, nor while a case is made small. */
export const TEST_MS_MAX = budgetMs * 2 + 120_000

export interface Fuzzing<Case> {
  /** Which test to run again, as `-t` takes it. */
  readonly title: string
  readonly file: string
  /** Of the budget; all of them together are 1. */
  readonly share: number
  readonly cases: fc.Arbitrary<Case>
  /** Which case takes too long; for seeing that one is found. */
  readonly caseMsMax?: number
  /** Throws, or rejects, when the case shows a mistake. */
  readonly check: (given: Case) => Promise<void> | void
}

/** @returns how many cases there were. @throws with the smallest failing case and the command that replays it */
export async function fuzz<Case>({ title, file, share, cases, check, caseMsMax = CASE_MS_MAX }: Fuzzing<Case>): Promise<number> {
  process.stdout.write(`fuzzing: ${title}: EVERYWRITE_FUZZ_SEED=${seed}\n`)
  const property = fc.asyncProperty(cases, (given) => inTime(check(given), caseMsMax))
  const details = await fc.check(property, {
    seed,
    ...(path === undefined ? {} : { path, endOnFailure: true }),
    numRuns: path === undefined ? 1_000_000_000 : 1,
    interruptAfterTimeLimit: budgetMs * share,
    markInterruptAsFailure: false,
  })
  if (!details.failed) return details.numRuns
  throw new Error(
    [
      `${title}: case ${details.numRuns} fails, made small in ${details.numShrinks} steps:`,
      print(details.counterexample?.[0]),
      String(details.errorInstance instanceof Error ? details.errorInstance.stack : details.errorInstance),
      `replay: EVERYWRITE_FUZZ_SEED=${details.seed} EVERYWRITE_FUZZ_PATH='${details.counterexamplePath ?? ''}' npx vitest run test/fuzz/${file} -t '${title}'`,
      `or, if it needs what came before it: EVERYWRITE_FUZZ_SEED=${details.seed} npx vitest run test/fuzz/${file} -t '${title}'`,
    ].join('\n'),
  )
}

async function inTime(check: Promise<void> | void, caseMsMax: number): Promise<void> {
  if (check === undefined) return
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${caseMsMax} ms`)), caseMsMax)
  })
  try {
    await Promise.race([check, late])
  } finally {
    clearTimeout(timer)
  }
}

function print(given: unknown): string {
  const text = fc.stringify(given)
  return text.length > 4000 ? `${text.slice(0, 4000)}…` : text
}
