import { X509Certificate, createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { OperatorError, codeOf } from './operator-error.ts'

/** What the server proves itself with to clients that use HTTPS. */
export interface TlsIdentity {
  /** PEM; those of the authorities above it may follow. */
  readonly certificate: string
  readonly key: string
  readonly certificateFile: string
  readonly validFromMs: number
  readonly validToMs: number
}

/** Both PEM. Whatever clients could not use is refused now, in one sentence, and not with the first connection. */
export async function readTlsIdentity(certificateFile: string, keyFile: string): Promise<TlsIdentity> {
  const certificate = await readText(certificateFile)
  const key = await readText(keyFile)
  const parsed = parsedOr(() => new X509Certificate(certificate), `The file ${certificateFile} holds no certificate in PEM form.`)
  const privateKey = parsedOr(
    () => createPrivateKey(key),
    `The file ${keyFile} holds no private key in PEM form that can be read without a password.`,
  )
  assertBelongs(privateKey, parsed, keyFile, certificateFile)
  try {
    createSecureContext({ cert: certificate, key })
  } catch (error) {
    throw bad(`The certificate in ${certificateFile} cannot be used: ${error instanceof Error ? error.message : String(error)}.`, error)
  }
  return { certificate, key, certificateFile, validFromMs: Date.parse(parsed.validFrom), validToMs: Date.parse(parsed.validTo) }
}

/** Why clients may refuse the certificate at this time; undefined when it holds. */
export function untimely({ validFromMs, validToMs }: TlsIdentity, nowMs: number): string | undefined {
  if (nowMs > validToMs) return `expired on ${dayOf(validToMs)}`
  return nowMs < validFromMs ? `holds only from ${dayOf(validFromMs)}` : undefined
}

function assertBelongs(key: KeyObject, certificate: X509Certificate, keyFile: string, certificateFile: string): void {
  if (!certificate.checkPrivateKey(key)) throw bad(`The key in ${keyFile} does not belong to the certificate in ${certificateFile}.`)
}

function parsedOr<T>(parse: () => T, problem: string): T {
  try {
    return parse()
  } catch (error) {
    throw bad(problem, error)
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw bad(`There is no file ${path}.`, error)
    throw bad(`The file ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`, error)
  }
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

function bad(message: string, cause?: unknown): OperatorError {
  return new OperatorError('BAD_CONFIG', message, { cause })
}
