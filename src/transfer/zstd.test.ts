import { describe, expect, test } from 'vitest'
import { pieces } from './object-store.contract.ts'
import { unzstd, ZSTD_WINDOW_BYTES_MAX } from './zstd.ts'
import { storedZstd } from './zstd.contract.ts'

/** Made by the zstd program, with a checksum (level 19) and without. */
const withChecksum = Buffer.from(
  'KLUv/QRoDQcAYk0fFLCpAzlEFVYYvYrde2+ZUrrQGOdiQNM0dnrE3/kt3/IpX/IlH/Kd73z37devT//4x1+96lWfalRfffVr165bs2Z92sUqVrGJRSxijz171mRJkiQPT53LV0086dBooVMr9eh86qzPAk3TWCIUCxrjYYIVxgh2JMYIhhjLYEx4qBEg+rR/BrCjVAchBAjBZ2jhRJjyARXPWlvZW9lV3VWtba2t7K3squ6q1rbWsLiU2HV4K7wzWBY4/0bftDfyxt1UN+dG3OxAJE9OPS7IxSaGZXZiqHWMWbmBMPA9q60CrPWduw==',
  'base64',
)
const plain = Buffer.from(
  'KLUv/WB0CY0HAELMHRegJ+kDI9bWNRbOX0H23jullADjflTFA8M5h4oe88s3Ny8nJx/9+/euW7Nmvbrqqo2Li0kHe/as2bJlyY4dW6RhYSHhGMf40aPHbty2bavNzKxsVesw48UQerwvHutxOOcQIYICDIhwaAURJFAUUIEggoEDACoEeKggJvfocJOkdAMRIAjBR1QojAhjPuJj+voQv362y3bZLttlW4hfHwTiSJzJM3kmz+8uRvEf3k68bbeGN+mWFh4M1g2sfqGv24t53S7UdXMxrruFsZWphaGFmHXKklx+w8Satx0YhFY2uYvtNlu+IXBPXGUAnQI=',
  'base64',
)
const text = Array.from({ length: 60 }, (_, at) => `{"Item":{"pk":{"S":"k${at + 1}"},"sk":{"N":"${(at + 1) * 7}"}}}\n`).join('')

async function decompress(bytes: Uint8Array, pieceBytes = 10): Promise<Buffer> {
  const parts: Uint8Array[] = []
  const all = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, at) =>
    bytes.subarray(at * pieceBytes, (at + 1) * pieceBytes),
  )
  for await (const part of unzstd(pieces(...all))) parts.push(part)
  return Buffer.concat(parts)
}

describe('zstd', () => {
  test('gives back what the zstd program compressed, whatever the pieces', async () => {
    for (const file of [withChecksum, plain]) {
      for (const pieceBytes of [1, 7, 100_000]) expect((await decompress(file, pieceBytes)).toString()).toBe(text)
    }
  })

  test('reads frames one after the other, also short ones, and passes over those that may be skipped', async () => {
    const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
    const file = Buffer.concat([storedZstd('abc'), skippable, plain, storedZstd(''), storedZstd('x'.repeat(300_000))])
    expect((await decompress(file, 1000)).toString()).toBe(`abc${text}${'x'.repeat(300_000)}`)
    expect((await decompress(Buffer.alloc(0))).toString()).toBe('')
  })

  test('takes nothing for whole that ends too early, nor what is no zstd', async () => {
    for (const file of [withChecksum, plain, storedZstd('abcdef')]) {
      for (let length = 1; length < file.length; length += 1 + (file.length >> 6)) {
        await expect(decompress(file.subarray(0, length)), `${length}`).rejects.toMatchObject({ code: 'DAMAGED_CONTENT' })
      }
      await expect(decompress(Buffer.concat([file, Buffer.from('trailing')]))).rejects.toMatchObject({ code: 'DAMAGED_CONTENT' })
    }
    await expect(decompress(Buffer.from('{"Item":{}}'))).rejects.toMatchObject({ code: 'DAMAGED_CONTENT' })
  })

  test('gives no frame a window that it only asks for', async () => {
    // Magic, no content size, a window of 2^31 bytes and more.
    const greedy = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 0x01, 0x00, 0x00])
    await expect(decompress(greedy)).rejects.toThrow(`more than ${ZSTD_WINDOW_BYTES_MAX}`)
  })
})
