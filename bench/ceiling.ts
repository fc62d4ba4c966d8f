/** The raw TLS ceiling: a node:http2 server in a process of its own that always answers the same bytes. */
import { readFileSync } from 'node:fs'
import http2 from 'node:http2'

interface Order {
  readonly port: number
  readonly payloadFile: string
  readonly certificate: string
  readonly key: string
}

process.once('message', ({ port, payloadFile, certificate, key }: Order) => {
  const payload = readFileSync(payloadFile)
  const headers = { ':status': 200, 'content-type': 'application/json', 'content-length': String(payload.length) }
  const server = http2.createSecureServer({ cert: certificate, key, maxSessionMemory: 1000 })
  server.on('stream', (stream: http2.ServerHttp2Stream) => {
    stream.respond(headers)
    stream.end(payload)
  })
  server.listen(port, '127.0.0.1', () => process.send!('listening'))
})
