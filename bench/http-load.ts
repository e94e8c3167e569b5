import { connect } from 'node:net'

/**
 * A load generator that costs little: plain sockets, one request on its way per connection, requests encoded beforehand.
 * What it measures is the server.
 */
export interface Load {
  readonly port: number
  readonly connections: number
  readonly durationMs: number
  /** Ends earlier, when so many were sent. */
  readonly requestsMax?: number
  /** The next request, complete with head. */
  readonly next: () => Buffer
  /** Requests per second in total; undefined: as fast as answers come. */
  readonly ratePerSecond?: number
}

export interface LoadResult {
  readonly requests: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Bytes of the last answer's body. */
  readonly answerBytes: number
}

export async function runLoad(load: Load): Promise<LoadResult> {
  const latencies: number[] = []
  const began = performance.now()
  const deadline = began + load.durationMs
  const pace = load.ratePerSecond === undefined ? 0 : (load.connections * 1000) / load.ratePerSecond
  const budget = { left: load.requestsMax ?? Infinity }
  const answers = await Promise.all(
    Array.from({ length: load.connections }, (_, index) => connection(load, deadline, pace, index, latencies, budget)),
  )
  const elapsedMs = performance.now() - began
  latencies.sort((a, b) => a - b)
  const at = (q: number): number => latencies[Math.min(latencies.length - 1, Math.floor(q * latencies.length))] ?? 0
  return {
    requests: latencies.length,
    perSecond: (latencies.length * 1000) / elapsedMs,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    answerBytes: answers[0] ?? 0,
  }
}

export function encodeRequest(operation: string, input: unknown, region = 'us-east-1'): Buffer {
  const body = Buffer.from(JSON.stringify(input))
  const head = [
    'POST / HTTP/1.1',
    'host: 127.0.0.1',
    'content-type: application/x-amz-json-1.0',
    `x-amz-target: DynamoDB_20120810.${operation}`,
    `authorization: AWS4-HMAC-SHA256 Credential=bench/20260101/${region}/dynamodb/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=${'0'.repeat(64)}`,
    'x-amz-date: 20260101T000000Z',
    `content-length: ${body.length}`,
    '',
    '',
  ].join('\r\n')
  return Buffer.concat([Buffer.from(head), body])
}

/** Sends one request and returns the parsed answer. */
export async function call(port: number, operation: string, input: unknown, region?: string): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      authorization: `AWS4-HMAC-SHA256 Credential=bench/20260101/${region ?? 'us-east-1'}/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, Signature=0`,
      'x-amz-date': '20260101T000000Z',
    },
    body: JSON.stringify(input),
  })
  const answer: unknown = await response.json()
  if (!response.ok) throw new Error(`${operation}: ${JSON.stringify(answer)}`)
  return answer
}

function connection(
  load: Load,
  deadline: number,
  pace: number,
  index: number,
  latencies: number[],
  budget: { left: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(load.port, '127.0.0.1')
    socket.setNoDelay(true)
    let sentAt = 0
    let dueAt = performance.now() + (pace * index) / load.connections
    let received: Buffer = Buffer.alloc(0)
    let answerBytes = 0
    const send = (): void => {
      budget.left--
      sentAt = performance.now()
      socket.write(load.next())
    }
    const sendWhenDue = (): void => {
      dueAt += pace
      const waitMs = dueAt - performance.now()
      if (pace > 0 && waitMs > 1) setTimeout(send, waitMs)
      else send()
    }
    socket.on('connect', sendWhenDue)
    socket.on('error', reject)
    socket.on('data', (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const headEnd = received.indexOf('\r\n\r\n')
      if (headEnd < 0) return
      const head = received.toString('latin1', 0, headEnd)
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
      if (received.length < headEnd + 4 + length) return
      const status = head.slice(9, 12)
      if (status !== '200') {
        reject(new Error(`status ${status}: ${received.toString('utf8', headEnd + 4, headEnd + 4 + length)}`))
        socket.destroy()
        return
      }
      answerBytes = length
      received = Buffer.alloc(0)
      const now = performance.now()
      latencies.push(now - sentAt)
      if (now < deadline && budget.left > 0) {
        sendWhenDue()
      } else {
        socket.destroy()
        resolve(answerBytes)
      }
    })
  })
}
