import type { OwnSettings } from '../../../engine/table.ts'
import { noOwnSettings } from '../../../engine/table.ts'
import { parsePolicy } from '../../policy/policy-document.ts'
import type { WireError } from '../../wire-error.ts'
import { validationError } from '../../wire-error.ts'

/** What a new table has of its own: the policy that it is made with. */
export function planPolicy(document: string | undefined, nowMs: number): OwnSettings | WireError {
  if (document === undefined) return noOwnSettings
  const parsed = parsePolicy(document, 'table')
  if ('problem' in parsed) return validationError(parsed.problem)
  return { ...noOwnSettings, policies: { '': { document: parsed.canonical, revisionId: String(nowMs) } } }
}
