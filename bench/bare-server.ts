import { createServer } from 'node:http'

/**
 * The ceiling: a node:http server that reads the body, parses it, and answers a fixed number of bytes. The path says how many.
 * Started as a process of its own: `bare-server.ts`; prints its port.
 */
const answers = new Map<number, Buffer>()

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    JSON.parse(Buffer.concat(chunks).toString('utf8'))
    const bytes = Number(request.headers['x-answer-bytes'] ?? 2)
    let body = answers.get(bytes)
    if (body === undefined) {
      body = Buffer.from(JSON.stringify('x'.repeat(Math.max(0, bytes - 2))))
      answers.set(bytes, body)
    }
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0', 'content-length': body.length })
    response.end(body)
  })
})

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') console.log(`port ${address.port}`)
})
