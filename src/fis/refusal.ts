/** What FIS answers to what cannot be, by its own names. Unless it is said where a text comes from, it is a guess: AWS documents the names only. */
export class FisRefusal extends Error {
  override readonly name: FisErrorName
  readonly status: number

  constructor(name: FisErrorName, message: string) {
    super(message)
    this.name = name
    this.status = statusOf[name]
  }
}

export type FisErrorName = keyof typeof statusOf

/** As the public service model has them. */
const statusOf = {
  ValidationException: 400,
  ResourceNotFoundException: 404,
  ConflictException: 409,
  ServiceQuotaExceededException: 402,
  AccessDeniedException: 403,
  UnknownOperationException: 404,
} as const

export function invalid(message: string): FisRefusal {
  return new FisRefusal('ValidationException', message)
}

export function notFound(what: string, id: string): FisRefusal {
  return new FisRefusal('ResourceNotFoundException', `${what} ${id} not found.`)
}
