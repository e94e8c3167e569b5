import { once } from 'node:events'
import type { RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { afterEach, describe, expect, it, test } from 'vitest'
import type { HttpListener, ListenerLimits } from './http-listener.ts'
import { listenHttp, usualLimits } from './http-listener.ts'

let listener: HttpListener | undefined
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await listener?.close()
  listener = undefined
})

async function listen(onRequest: RequestListener, limits: Partial<ListenerLimits> = {}): Promise<void> {
  listener = await listenHttp({ host: '127.0.0.1', port: 0, tls: undefined, limits: { ...usualLimits, ...limits } }, onRequest)
}

interface Line {
  readonly socket: Socket
  /** All that came so far. */
  received(): string
  /** Resolves once that many answers came, or all that will. */
  until(pattern: RegExp): Promise<string>
  readonly closed: Promise<string>
}

async function open(text = ''): Promise<Line> {
  const socket = connect(listener?.port ?? 0, '127.0.0.1')
  sockets.push(socket)
  let received = ''
  const waiting: (() => void)[] = []
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
    for (const look of waiting) look()
  })
  socket.on('error', () => undefined)
  const closed = once(socket, 'close').then(() => received)
  await once(socket, 'connect')
  socket.write(text)
  return {
    socket,
    received: () => received,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => (pattern.test(received) ? resolve(received) : undefined)
        waiting.push(look)
        void closed.then(() => (pattern.test(received) ? resolve(received) : reject(new Error(`closed after ${received}`))))
        look()
      }),
    closed,
  }
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`
const post = (path: string, length: number, body = '', more = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n${more}\r\n${body}`

/** Answers with the path, at once or when it is told to. */
function answering(held: Map<string, () => void> = new Map(), hold: (path: string) => boolean = () => false): RequestListener {
  return (request, response) => {
    const path = request.url ?? ''
    const answer = (): void => end(response, path)
    request.resume()
    request.on('end', () => {
      if (hold(path)) held.set(path, answer)
      else answer()
    })
  }
}

function end(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'Content-Length': text.length })
  response.end(text)
}

/** In the order of the answers: their statuses and bodies. */
function answersIn(text: string): readonly string[] {
  return text
    .split(/(?=HTTP\/1\.1 )/)
    .filter((answer) => answer !== '')
    .map((answer) => `${answer.slice(9, 12)} ${answer.split('\r\n\r\n')[1] ?? ''}`.trim())
}

describe('requests sent without waiting for answers', () => {
  it('are answered in their order, also when later ones are done first', async () => {
    const held = new Map<string, () => void>()
    await listen(answering(held, (path) => path === '/1'))
    const line = await open(get('/1') + post('/2', 3, 'abc') + get('/3'))
    // When another connection's request, sent later, is answered, these have long been taken.
    await (await open(get('/other'))).until(/other$/)
    await expect.poll(() => held.size).toBe(1)
    expect(line.received()).toBe('')
    held.get('/1')?.()
    expect(answersIn(await line.until(/\/3$/))).toEqual(['200 /1', '200 /2', '200 /3'])
  })

  it('are limited in number', async () => {
    const held = new Map<string, () => void>()
    await listen(
      answering(held, (path) => path === '/0'),
      { pipelinedMax: 3 },
    )
    const line = await open(Array.from({ length: 6 }, (_, n) => get(`/${n}`)).join(''))
    await expect.poll(() => held.size).toBe(1)
    held.get('/0')?.()
    expect(answersIn(await line.closed)).toEqual(['200 /0', '200 /1', '200 /2', '200 /3', '503'])
  })

  it('are answered although what follows them is no HTTP', async () => {
    const held = new Map<string, () => void>()
    await listen(answering(held, () => true))
    const line = await open(`${get('/1')}${get('/2')}nonsense\r\n\r\n`)
    await expect.poll(() => held.size).toBe(2)
    held.get('/2')?.()
    held.get('/1')?.()
    expect(answersIn(await line.closed)).toEqual(['200 /1', '200 /2', '400'])
  })

  it('are answered although the body of the last one is no HTTP', async () => {
    const held = new Map<string, () => void>()
    await listen(answering(held, () => true))
    const line = await open(`${get('/1')}POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`)
    await expect.poll(() => held.size).toBe(1)
    held.get('/1')?.()
    expect(answersIn(await line.closed)).toEqual(['200 /1', '400'])
  })
})

describe('a connection', () => {
  it('is kept by HTTP/1.1 and by HTTP/1.0 that asks for it, and closed after the answer otherwise', async () => {
    await listen(answering())
    const kept = await open(get('/1'))
    await kept.until(/\/1$/)
    kept.socket.write('GET /2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
    await kept.until(/\/2$/)
    kept.socket.write('GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect(answersIn(await kept.closed)).toEqual(['200 /1', '200 /2', '200 /3'])
    expect(answersIn(await (await open('GET /4 HTTP/1.0\r\n\r\n')).closed)).toEqual(['200 /4'])
  })

  it('beyond the limit is closed at once, and there is room again when one ends', async () => {
    await listen(answering(), { connectionsMax: 2 })
    const first = await open(get('/1'))
    await first.until(/\/1$/)
    const second = await open(get('/2'))
    await second.until(/\/2$/)
    expect(await (await open(get('/3'))).closed).toBe('')
    first.socket.destroy()
    const answered = async (): Promise<string> => (await open('GET /4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).closed
    await expect.poll(answered).toMatch(/\/4$/)
  })

  it('that is idle is closed after a time, and one whose request is being carried out is not', async () => {
    const held = new Map<string, () => void>()
    await listen(
      answering(held, (path) => path === '/held'),
      { keepAliveMs: 50, unreadMsMax: 50 },
    )
    const busy = await open(get('/held'))
    const idle = await open(get('/1'))
    expect(answersIn(await idle.closed)).toEqual(['200 /1'])
    expect(busy.socket.readyState).toBe('open')
    held.get('/held')?.()
    expect(answersIn(await busy.closed)).toEqual(['200 /held'])
  })

  it('whose client does not read its answer is closed', async () => {
    const closed = new Promise<void>((resolve) => {
      void listen(
        (_request, response) => {
          response.on('close', resolve)
          end(response, 'x'.repeat(32 << 20))
        },
        { unreadMsMax: 100 },
      ).then(async () => {
        const { socket } = await open(get('/'))
        socket.pause()
      })
    })
    await closed
  })
})

describe('a slow client', () => {
  it.each([
    ['says nothing', ''],
    ['does not end its head', 'POST / HTTP/1.1\r\nHost: x\r\nX-Slow: '],
    ['does not end its body', post('/', 100, 'only this')],
    ['does not end a chunk', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab'],
  ])('that %s is told so, and let go', async (_what, text) => {
    await listen(answering(), { headMsMax: 50, requestMsMax: 100, checkMs: 10 })
    expect(answersIn(await (await open(text)).closed)).toEqual(['408'])
  })
})

describe('a head', () => {
  it.each([
    ['above its limit', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, '431'],
    ['of a thousand headers', `GET / HTTP/1.1\r\nHost: x\r\n${'X-Header: yyyyyyyyyyyyyyyyyyyyy\r\n'.repeat(1000)}\r\n`, '431'],
    ['without a host', 'GET / HTTP/1.1\r\n\r\n', '400'],
    ['with two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', '400'],
    ['with a length and chunks', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', '400'],
    ['with a length that is none', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', '400'],
    ['with a blank in a name', 'GET / HTTP/1.1\r\nHost: x\r\nContent Length: 1\r\n\r\n', '400'],
    ['of another protocol', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', '400'],
    [
      'that expects what nobody knows',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nExpect: miracles\r\nConnection: close\r\n\r\n',
      '417',
    ],
  ])('%s is refused', async (_what, text, status) => {
    let seen = 0
    await listen((request, response) => {
      seen++
      answering()(request, response)
    })
    expect(answersIn(await (await open(text)).closed).map((answer) => answer.slice(0, 3))).toEqual([status])
    expect(seen).toBe(0)
  })
})

test('who asks first whether to send a body is told to go on', async () => {
  await listen(answering())
  const asking = await open(post('/1', 3, '', 'Expect: 100-continue\r\n'))
  expect(answersIn(await asking.until(/100 Continue\r\n\r\n/))).toEqual(['100'])
  asking.socket.write('abc')
  expect(answersIn(await asking.until(/\/1$/))).toEqual(['100', '200 /1'])
})

test('who asks first whether to send a body that is too long is not told to go on', async () => {
  let told = ''
  await listen((request, response) => {
    told = String(request.headers['content-length'])
    response.writeHead(413, { Connection: 'close', 'Content-Length': 0 })
    response.end()
  })
  const long = await open(post('/2', 17 << 20, '', 'Expect: 100-continue\r\n'))
  expect(answersIn(await long.closed)).toEqual(['413'])
  expect(told).toBe(String(17 << 20))
})
