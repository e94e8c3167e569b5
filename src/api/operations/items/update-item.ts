import type { WireError } from '../../wire-error.ts'
import { isWireError } from '../../wire-error.ts'
import { bindParameters } from './expressions.ts'
import { keyUpdateProblem, updateVerdict } from './item-update.ts'
import type { WriteInput } from './item-write.ts'
import { conditionFailure } from './item-write.ts'
import { parseKeyParameter } from './key-parameter.ts'
import { operation } from '../operation.ts'
import type { WriteAction } from './write-action.ts'
import { writeAlone, writeOfKey } from './write-action.ts'

export interface UpdateInput extends WriteInput {
  readonly Key: unknown
  readonly UpdateExpression?: string
}

export const updateItem = operation<UpdateInput>((context, input) => writeAlone(context, understandUpdate(input), input))

export function understandUpdate(input: UpdateInput): WriteAction | WireError {
  const parsed = parseKeyParameter(input.Key)
  if (isWireError(parsed)) return parsed
  const bound = bindParameters('UpdateItem', input)
  if (isWireError(bound)) return bound
  const { update, condition } = bound
  return writeOfKey(parsed, ({ key, itemKey }, table) => {
    const onKey = update && keyUpdateProblem(update, table.schema)
    if (onKey !== undefined) return onKey
    return {
      judge: (before) =>
        conditionFailure(condition, before, input) ?? updateVerdict(table, { key, itemKey, update, condition }, before, input),
    }
  })
}
