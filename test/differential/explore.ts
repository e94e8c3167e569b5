/** History after history, until there have been enough operations or one of them deviates; that one is made small. */
import type { Api } from '../../src/api/api.ts'
import { generateHistory } from './generate-history.ts'
import type { MakeModel } from './run-history.ts'
import { runHistory } from './run-history.ts'
import { shrink } from './shrink.ts'
import type { History } from './steps.ts'

export interface Exploration {
  readonly operations: number
  readonly failure: Failure | undefined
}

export interface Failure {
  /** Replays it. */
  readonly seed: number
  readonly smallest: History
  readonly report: string
}

export interface ExploreOptions {
  readonly api: Api
  /** Of the first history; the others have the seeds that follow. */
  readonly seed: number
  readonly operationsMin: number
  readonly makeModel?: MakeModel
}

const STEPS_PER_HISTORY = 150

export async function explore({ api, seed: first, operationsMin, makeModel }: ExploreOptions): Promise<Exploration> {
  let operations = 0
  for (let seed = first; operations < operationsMin; seed++) {
    const history = generateHistory(seed, STEPS_PER_HISTORY)
    const outcome = await runHistory(api, history, makeModel)
    operations += outcome.operations
    if (outcome.deviation === undefined) continue
    const smallest = await shrink(history, async (candidate) => fails(api, candidate, makeModel))
    return { operations, failure: { seed, smallest, report: await describe(api, seed, smallest, makeModel) } }
  }
  return { operations, failure: undefined }
}

/** A candidate that cannot even be carried out, because its pieces do not fit each other, is none. */
async function fails(api: Api, history: History, makeModel: MakeModel | undefined): Promise<boolean> {
  return runHistory(api, history, makeModel).then(
    ({ deviation }) => deviation !== undefined,
    () => false,
  )
}

async function describe(api: Api, seed: number, smallest: History, makeModel: MakeModel | undefined): Promise<string> {
  const { deviation } = await runHistory(api, smallest, makeModel)
  return [
    `seed ${seed}: after ${smallest.steps.length} steps the product and the model differ`,
    ...smallest.tables.map((table) => `  table ${JSON.stringify(table)}`),
    ...smallest.steps.map((step) => `  ${JSON.stringify(step)}`),
    `  ${deviation?.request.operation ?? ''} ${JSON.stringify(deviation?.request.input)}`,
    deviation?.what ?? 'it does not differ any more: it depends on something beside the history',
    `replay: EVERYWRITE_DIFF_SEED=${seed} npx vitest run test/differential`,
  ].join('\n')
}
