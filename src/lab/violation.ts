/** Something that must not be. */
export interface Violation {
  readonly rule: ViolationRule
  /** The item's key, when it concerns one. */
  readonly key: string | undefined
  readonly message: string
}

export type ViolationRule =
  | 'no progress'
  | 'something failed'
  | 'a dot names two writes'
  | 'an acknowledged write is gone'
  | 'a client saw what is not'
  | 'a client saw the past'
  | 'a client did not see what was written'
  | 'a transaction was cut in two'
  | 'a transaction was seen in part'
  | 'replicas differ'
  | 'a Region wrote what is at home elsewhere'
  | 'siblings are not what was written'
  | 'what is shown is not what the policy says'
  | 'what merged is not what was written'
  | 'the ledger is not what was lost'
  | 'the ledger is not what was resolved'
  | 'an update was not built on what it saw'
  | 'statistics are wrong'
  | 'an index is not its items'
  | 'the change log is not what happened'
  | 'a stream is not what happened'
  | 'expiry is not what was asked for'
