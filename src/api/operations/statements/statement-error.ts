import type { JsonBytes } from '../../answer.ts'
import { encodeAnswer, jsonBytes } from '../../answer.ts'
import type { WireError } from '../../wire-error.ts'
import { errorCode } from '../../wire-error.ts'

/** What a batch says of a statement that failed: `{Code, Message, Item}`. */
export function statementError(error: WireError): JsonBytes {
  return jsonBytes(encodeAnswer({ Code: errorCode(error), Message: error.message, Item: error.item }))
}
