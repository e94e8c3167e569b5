import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { selfSigned } from './self-signed.contract.ts'
import { readSettings } from './settings.ts'
import { readTlsIdentity, untimely } from './tls-identity.ts'

const { certificate, key } = selfSigned()

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everywrite-tls-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

test('a certificate and its key are read, with the time for which they hold', async () => {
  const fromMs = Date.UTC(2020, 0, 1)
  const toMs = Date.UTC(2021, 0, 1)
  const old = selfSigned({ fromMs, toMs })
  const [certificateFile, keyFile] = [await file('cert.pem', old.certificate), await file('key.pem', old.key)]
  const identity = await readTlsIdentity(certificateFile, keyFile)
  expect(identity).toEqual({ ...old, certificateFile, validFromMs: fromMs, validToMs: toMs })
  expect(untimely(identity, fromMs + 1)).toBeUndefined()
  expect(untimely(identity, toMs + 1)).toBe('expired on 2021-01-01')
  expect(untimely(identity, fromMs - 1)).toBe('holds only from 2020-01-01')
})

test('what clients could not use is refused in one sentence that names the file', async () => {
  const [good, goodKey] = [await file('cert.pem', certificate), await file('key.pem', key)]
  const strange = await file('strange.pem', selfSigned().key)
  const none = await file('none.pem', 'nothing')
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const locked = await file('locked.pem', privateKey)
  for (const [certFile, keyFile, message] of [
    [join(folder, 'no.pem'), goodKey, `There is no file ${join(folder, 'no.pem')}.`],
    [good, join(folder, 'no.pem'), `There is no file ${join(folder, 'no.pem')}.`],
    [none, goodKey, `The file ${none} holds no certificate in PEM form.`],
    [good, none, `The file ${none} holds no private key in PEM form that can be read without a password.`],
    [good, locked, `The file ${locked} holds no private key in PEM form that can be read without a password.`],
    [good, strange, `The key in ${strange} does not belong to the certificate in ${good}.`],
  ] as const) {
    await expect(readTlsIdentity(certFile, keyFile)).rejects.toMatchObject({ code: 'BAD_CONFIG', message })
  }
  await expect(readTlsIdentity(folder, goodKey)).rejects.toThrow(`The file ${folder} cannot be read: `)
})

test('both files are named by flags or in the config file, and neither alone', async () => {
  const [good, goodKey] = [await file('cert.pem', certificate), await file('key.pem', key)]
  expect((await readSettings({ 'tls-cert': good, 'tls-key': goodKey })).tls?.certificate).toBe(certificate)
  const config = await file('config.json', JSON.stringify({ 'tls-cert': good, 'tls-key': goodKey }))
  expect((await readSettings({ config })).tls?.key).toBe(key)
  for (const flags of [{ 'tls-cert': good }, { 'tls-key': goodKey }]) {
    await expect(readSettings(flags)).rejects.toThrow('Give --tls-cert and --tls-key together.')
  }
  expect((await readSettings({})).tls).toBeUndefined()
})
