import type { Transform } from 'node:stream'
import { pipeline, Readable } from 'node:stream'
import { createGunzip, createGzip } from 'node:zlib'
import { DamagedContent } from './damaged-content.ts'

/** How the objects of an import are compressed. */
export type Compression = 'GZIP' | 'ZSTD' | 'NONE'

/**
 * The content behind a compression, piece by piece. Nothing is nothing, compressed or not: an export's mark is such an object.
 * @throws {DamagedContent}
 */
export async function* decompressed(source: AsyncIterable<Uint8Array>, compression: Compression): AsyncGenerator<Uint8Array> {
  const content = await unlessEmpty(source)
  if (content === undefined) return
  switch (compression) {
    case 'NONE':
      yield* content
      return
    case 'ZSTD': {
      const { unzstd } = await import('./zstd.ts')
      yield* unzstd(content)
      return
    }
    case 'GZIP':
      yield* gunzip(content)
      return
  }
}

async function unlessEmpty(source: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array> | undefined> {
  const pieces = source[Symbol.asyncIterator]()
  let first = await pieces.next()
  while (first.done !== true && first.value.length === 0) first = await pieces.next()
  if (first.done === true) return undefined
  const { value } = first
  return (async function* () {
    try {
      yield value
      yield* { [Symbol.asyncIterator]: () => pieces }
    } finally {
      await pieces.return?.()
    }
  })()
}

export function gzipped(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  return through(content, createGzip()) as AsyncGenerator<Uint8Array>
}

async function* gunzip(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* through(content, createGunzip()) as AsyncGenerator<Uint8Array>
  } catch (error) {
    if (isZlibError(error)) throw new DamagedContent(`it is no valid gzip file: ${error.message}`, { cause: error })
    throw error
  }
}

/** What a stream makes of the content, drawn through it as it is asked for. */
export async function* through(content: AsyncIterable<Uint8Array>, transform: Transform): AsyncGenerator<unknown> {
  // An error of either end destroys both, and comes out of the loop.
  pipeline(Readable.from(content), transform, () => undefined)
  for await (const piece of transform) yield piece
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_')
}
