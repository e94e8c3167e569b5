import { checkAnswers, checkProgress } from './check-clients.ts'
import { checkDerived } from './check-derived.ts'
import { checkExpiry } from './check-expiry.ts'
import { checkFinal } from './check-final.ts'
import { checkMerged } from './check-merged.ts'
import { checkResolutions } from './check-resolutions.ts'
import { checkStreams } from './check-streams.ts'
import { checkTransactions } from './check-transactions.ts'
import type { Checker } from './checker.ts'

/** Every run is judged by all of them. */
export const checkers: readonly Checker[] = [
  checkAnswers,
  checkProgress,
  checkTransactions,
  checkFinal,
  checkMerged,
  checkResolutions,
  checkExpiry,
  checkDerived,
  checkStreams,
]
