/** What a route answers, and what it answers when it was asked for something that cannot be. */
export interface Reply {
  readonly status: number
  readonly body: unknown
}

export function ok(body: unknown): Reply {
  return { status: 200, body }
}

/** Status and one sentence that says what is wrong. */
export class Rejection extends Error {
  override readonly name = 'Rejection'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}
