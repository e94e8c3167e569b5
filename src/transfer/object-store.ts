/**
 * Where exports are written and imports are read: what S3 is to DynamoDB. The server implements it on a folder, tests in memory; the contract is
 * the suite in `object-store.contract.ts`.
 *
 * A bucket holds objects under keys, `orders/2026/data.json.gz`. What is no key here though it would be one in S3 (see {@link keyProblem})
 * names no object.
 */
export interface ObjectStore {
  hasBucket(bucket: string): Promise<boolean>
  /** The keys that begin with `prefix`, in the order of their UTF-16 code units. */
  list(bucket: string, prefix: string): AsyncIterable<string>
  /** The bytes of an object, in pieces of moderate size. */
  read(bucket: string, key: string): AsyncIterable<Uint8Array>
  /**
   * Makes or replaces an object: when it settles all of it is there and durable, before that nothing of it. What `content` throws is
   * thrown on.
   */
  write(bucket: string, key: string, content: AsyncIterable<Uint8Array>): Promise<void>
}

export class ObjectStoreError extends Error {
  override readonly name = 'ObjectStoreError'
  readonly code: 'NO_SUCH_BUCKET' | 'NO_SUCH_KEY' | 'ACCESS_DENIED' | 'IO_ERROR'

  constructor(code: ObjectStoreError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** As S3 has them, and as the API's pattern takes them: none of these can lead out of a folder. */
export function isBucketName(name: string): boolean {
  return /^[a-z0-9A-Z][\w.-]{0,253}[a-z0-9A-Z]$/.test(name)
}

const SEGMENT_BYTES_MAX = 255

/** Why a key cannot be a path below a bucket's folder; undefined when it can. */
export function keyProblem(key: string): string | undefined {
  for (const segment of key.split('/')) {
    const problem = segmentProblem(segment)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** The same for the beginning of keys, which may end anywhere. */
export function prefixProblem(prefix: string): string | undefined {
  const segments = prefix.split('/')
  const last = segments.pop() ?? ''
  if (last.includes('\\') || last.includes('\0') || last === '..') return segmentProblem(last)
  for (const segment of segments) {
    const problem = segmentProblem(segment)
    if (problem !== undefined) return problem
  }
  return undefined
}

function segmentProblem(segment: string): string | undefined {
  if (segment === '') return 'it begins with a slash, or has two in a row, or ends with one'
  if (segment === '.' || segment === '..') return `it contains '${segment}'`
  if (/[\\\0]/.test(segment)) return 'it contains a backslash or a zero character'
  if (Buffer.byteLength(segment) > SEGMENT_BYTES_MAX) return `one of its parts is longer than ${SEGMENT_BYTES_MAX} bytes`
  return undefined
}
