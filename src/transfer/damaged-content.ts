/** Compressed content that is not what it says it is, or that ends too early. */
export class DamagedContent extends Error {
  override readonly name = 'DamagedContent'
  readonly code = 'DAMAGED_CONTENT'
}
