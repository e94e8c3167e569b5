import { checkAnswers, checkProgress } from './check-clients.ts'
import { checkDerived } from './check-derived.ts'
import { checkFinal } from './check-final.ts'
import { checkMerged } from './check-merged.ts'
import { checkResolutions } from './check-resolutions.ts'
import type { Checker } from './checker.ts'

/** Every run is judged by all of them. */
export const checkers: readonly Checker[] = [checkAnswers, checkProgress, checkFinal, checkMerged, checkResolutions, checkDerived]
