/** Text that is no record of its format. Where the next one begins cannot be relied on then, so the rest of its object is not read. */
export class MalformedRecord extends Error {
  override readonly name = 'MalformedRecord'
  readonly code = 'MALFORMED_RECORD'
}
