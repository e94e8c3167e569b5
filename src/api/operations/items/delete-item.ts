import type { WireError } from '../../wire-error.ts'
import { isWireError } from '../../wire-error.ts'
import { bindParameters } from './expressions.ts'
import type { WriteInput } from './item-write.ts'
import { conditionFailure, oldAttributes, returnValuesProblem } from './item-write.ts'
import { parseKeyParameter } from './key-parameter.ts'
import { operation } from '../operation.ts'
import type { WriteAction } from './write-action.ts'
import { writeAlone, writeOfKey } from './write-action.ts'

export interface DeleteInput extends WriteInput {
  readonly Key: unknown
}

export const deleteItem = operation<DeleteInput>((context, input) => writeAlone(context, understandDelete(input), input))

export function understandDelete(input: DeleteInput): WriteAction | WireError {
  const parsed = parseKeyParameter(input.Key)
  if (isWireError(parsed)) return parsed
  const bound = returnValuesProblem(input) ?? bindParameters('DeleteItem', input)
  if (isWireError(bound)) return bound
  return writeOfKey(parsed, () => ({
    judge(before) {
      const failure = conditionFailure(bound.condition, before, input)
      if (failure !== undefined) return failure
      const result = { attributes: oldAttributes(before, input), sizeBytes: before?.sizeBytes ?? 0 }
      return { kind: 'delete', result, relative: bound.condition !== undefined }
    },
  }))
}
