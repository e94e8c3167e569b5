import { isRefusal } from '../../../engine/refusal.ts'
import { internalServerError } from '../../wire-error.ts'
import { operation } from '../operation.ts'

interface Input {
  readonly RegionName?: string
}

/** Global tables of today's version are not listed. A Region that there is not is DynamoDB's own internal error (observed on AWS, 2026-10). */
export const listGlobalTables = operation<Input>(async ({ controlPlane }, { RegionName }) => {
  const asked = RegionName === undefined ? undefined : (controlPlane.awake(RegionName) ?? (await controlPlane.engine(RegionName)))
  return isRefusal(asked) && asked.refused === 'not-found' ? internalServerError : { GlobalTables: [] }
})
