import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { HttpListener } from '../../src/server/http-listener.ts'
import { listenHttp, usualLimits } from '../../src/server/http-listener.ts'
import type { FuzzedWorld } from './fuzzed-world.ts'
import { liveBytes, openFuzzedWorld } from './fuzzed-world.ts'

/** Clients that mean harm by their patience or their size. The limits are those of the server, made short. */
let world: FuzzedWorld
let listener: HttpListener
beforeAll(async () => {
  world = await openFuzzedWorld()
  const limits = { ...usualLimits, headMsMax: 300, requestMsMax: 600, checkMs: 50 }
  listener = await listenHttp({ host: '127.0.0.1', port: 0, tls: undefined, limits }, (request, response) =>
    world.api.handle(request, response),
  )
})
afterAll(async () => {
  await listener.close()
  await world.close()
})

const head =
  'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\n' +
  'X-Amz-Date: 20260101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/dynamodb/aws4_request, ' +
  'SignedHeaders=host, Signature=00\r\n'

async function open(): Promise<Socket> {
  const socket = connect(listener.port, '127.0.0.1')
  // A server that closes while we send may reset the connection.
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

function answerTo(socket: Socket, sent: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (text.includes('\r\n\r\n')) resolve(text)
    })
    socket.on('close', () => resolve(text))
    socket.write(sent)
  })
}

async function served(): Promise<void> {
  const socket = await open()
  expect(await answerTo(socket, `${head}Content-Length: 2\r\n\r\n{}`)).toMatch(/^HTTP\/1\.1 200 /)
  socket.destroy()
}

it('connections whose heads or bodies come byte by byte are ended in time, and others are served meanwhile', async () => {
  const slow = [head, `${head}Content-Length: 1000\r\n\r\n{`, 'P', `${head}Transfer-Encoding: chunked\r\n\r\n5\r\n{`]
  const sockets = await Promise.all(Array.from({ length: 100 }, () => open()))
  const ended = sockets.map(async (socket, at) => {
    const text = slow[at % slow.length] ?? ''
    socket.resume()
    socket.write(text)
    const drip = setInterval(() => socket.write(at % slow.length === 0 ? 'X' : ' '), 40)
    await once(socket, 'close')
    clearInterval(drip)
  })
  await served()
  await Promise.all(ended)
  await served()
  expect(world.errors).toEqual([])
})

it('bodies that grow a thousandfold, deep JSON and broken ends leave nothing behind', async () => {
  const bomb = gzipSync(Buffer.alloc(32 << 20))
  const deep = Buffer.from('['.repeat(1 << 20))
  const round = async (): Promise<void> => {
    for (const [body, more] of [
      [bomb, 'Content-Encoding: gzip\r\n'],
      [deep, ''],
    ] as const) {
      const socket = await open()
      const text = await answerTo(socket, Buffer.concat([Buffer.from(`${head}${more}Content-Length: ${body.length}\r\n\r\n`), body]))
      expect(text).toMatch(/^HTTP\/1\.1 4(00|13) /)
      socket.destroy()
    }
    const broken = await open()
    broken.write(`${head}Content-Length: 1000000\r\n\r\n${'x'.repeat(100_000)}`)
    broken.destroy()
  }
  for (let warm = 0; warm < 3; warm++) await round()
  const before = liveBytes()
  for (let times = 0; times < 10; times++) await round()
  expect(liveBytes() - before).toBeLessThan(2 * 1024 * 1024)
  expect(world.errors).toEqual([])
})
