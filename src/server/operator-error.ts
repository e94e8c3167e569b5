/**
 * What the operator can do something about: a port in use, a folder that another process holds, a full disk. The message is one clear
 * sentence, and it is all that is printed.
 */
export class OperatorError extends Error {
  override readonly name = 'OperatorError'
  readonly code: OperatorErrorCode

  constructor(code: OperatorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export type OperatorErrorCode =
  | 'PORT_IN_USE'
  | 'CANNOT_LISTEN'
  | 'OPEN_TO_ALL'
  | 'FOLDER_LOCKED'
  | 'FOLDER_FORMAT'
  | 'FOLDER_UNUSABLE'
  | 'ACCESS_LOG_UNUSABLE'
  | 'STORE_FAILED'
  | 'STORE_DAMAGED'
  | 'BAD_CONFIG'
  | 'FILE_UNUSABLE'

export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
