import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, relative, sep } from 'node:path'
import type { AccessRules } from '../admin/access.ts'
import { checkAccess } from '../admin/access.ts'
import { Rejection } from '../admin/reply.ts'
import { codeOf } from './operator-error.ts'

/**
 * `/console/`: the files that the build left in dist/console. They are read into memory when the first one is asked for, and a request is answered
 * from that list and nothing else: no path of a request ever reaches the file system. They hold no secrets, so no token is asked for; what the
 * page then does is the control API's to permit.
 */
export interface ConsoleFiles {
  owns(this: void, url: string): boolean
  handle(this: void, request: IncomingMessage, response: ServerResponse): void
}

export function createConsoleFiles(folder: string, access: AccessRules): ConsoleFiles {
  let reading: Promise<FileByPath> | undefined

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    checkAccess(access, request, false)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      sendText(response, 405, 'The methods here are GET, HEAD.', { Allow: 'GET, HEAD' })
      return
    }
    const [path = '', query] = (request.url ?? '').split('?', 2)
    if (path === prefix.slice(0, -1)) {
      sendText(response, 308, 'The console is at /console/.', { Location: query === undefined ? prefix : `${prefix}?${query}` })
      return
    }
    const files = await (reading ??= readFiles(folder))
    const file = files.get(path.slice(prefix.length))
    if (file !== undefined) sendFile(request, response, file)
    else if (files.size === 0) sendText(response, 404, 'The console was not built; `npm run build` builds it.')
    else sendText(response, 404, 'There is no such file in the console.')
  }

  return {
    owns: (url) => url === '/console' || url.startsWith('/console?') || url.startsWith(prefix),
    handle(request, response) {
      request.resume()
      answer(request, response).catch((error: unknown) => {
        // Files that could not be read now may be there the next time.
        if (!(error instanceof Rejection)) reading = undefined
        if (response.headersSent) response.destroy()
        else if (error instanceof Rejection) sendText(response, error.status, error.message)
        else sendText(response, 500, 'The files of the console cannot be read.')
      })
    },
  }
}

const prefix = '/console/'

type Encoding = 'identity' | 'br' | 'gzip'
type FileByPath = ReadonlyMap<string, ConsoleFile>

interface ConsoleFile {
  readonly contentType: string
  /** Its name carries a digest of its content. */
  readonly isImmutable: boolean
  readonly bytesByEncoding: ReadonlyMap<Encoding, { readonly bytes: Buffer; readonly etag: string }>
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

const encodingBySuffix: ReadonlyMap<string, Encoding> = new Map([
  ['.br', 'br'],
  ['.gz', 'gzip'],
])

/** Empty when there was no build. */
async function readFiles(folder: string): Promise<FileByPath> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  })
  const found = new Map<string, Map<Encoding, { bytes: Buffer; etag: string }>>()
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const name = relative(folder, path).split(sep).join('/')
    const encoding = encodingBySuffix.get(extname(name)) ?? 'identity'
    const plain = encoding === 'identity' ? name : name.slice(0, -extname(name).length)
    const bytes = await readFile(path)
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
    found.set(plain, (found.get(plain) ?? new Map<Encoding, { bytes: Buffer; etag: string }>()).set(encoding, { bytes, etag }))
  }
  const files = new Map<string, ConsoleFile>()
  for (const [name, bytesByEncoding] of found) {
    const contentType = contentTypes[extname(name)]
    if (contentType === undefined || !bytesByEncoding.has('identity')) continue
    files.set(name === 'index.html' ? '' : name, { contentType, isImmutable: name.startsWith('assets/'), bytesByEncoding })
  }
  return files
}

function sendFile(request: IncomingMessage, response: ServerResponse, file: ConsoleFile): void {
  const encoding = encodingFor(file, request.headers['accept-encoding'])
  const found = file.bytesByEncoding.get(encoding)
  if (found === undefined) throw new Rejection(406, 'This file is not there in an encoding that the request accepts.')
  const { bytes, etag } = found
  const headers = {
    ...safety,
    ETag: etag,
    Vary: 'Accept-Encoding',
    'Cache-Control': file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  }
  if (isKnown(etag, request.headers['if-none-match'])) {
    response.writeHead(304, headers).end()
    return
  }
  response.writeHead(200, {
    ...headers,
    'Content-Type': file.contentType,
    'Content-Length': bytes.length,
    ...(encoding === 'identity' ? {} : { 'Content-Encoding': encoding }),
  })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

/** The smallest that the request accepts. */
function encodingFor({ bytesByEncoding }: ConsoleFile, accepted: string | undefined): Encoding {
  const wanted = (accepted ?? '').split(',').flatMap((part) => {
    const [name = '', ...parameters] = part
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/)
    return parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter)) ? [] : [name]
  })
  return (['br', 'gzip'] as const).find((encoding) => bytesByEncoding.has(encoding) && wanted.includes(encoding)) ?? 'identity'
}

function isKnown(etag: string, ifNoneMatch: string | undefined): boolean {
  return (
    ifNoneMatch !== undefined && ifNoneMatch.split(',').some((known) => known.trim().replace(/^W\//, '') === etag || known.trim() === '*')
  )
}

function sendText(response: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>> = {}): void {
  const body = `${text}\n`
  response.writeHead(status, {
    ...safety,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    ...headers,
  })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}

/**
 * The page runs its own scripts, speaks to its own server, and is shown in no frame, where a click could be stolen. What it shows of items is text:
 * Trusted Types make a browser refuse anything else.
 */
const safety = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const
