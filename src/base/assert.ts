/**
 * States what the code relies on. On in production: a broken assumption stops the operation before it can spoil data.
 * Never for what a client or a disk may do; those are outcomes and operational errors.
 */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new BrokenAssumption(what)
}

/** A bug: something that the code relies on does not hold. */
export class BrokenAssumption extends Error {
  override readonly name = 'BrokenAssumption'
}

/** For the last branch of a choice that the compiler knows to be complete. */
export function unreachable(value: never): never {
  throw new BrokenAssumption(`unreachable: ${JSON.stringify(value)}`)
}
