/** A TLS server in a process of its own that writes the same bytes to all of its connections, as fast as they go. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import tls from 'node:tls'

interface Order {
  readonly port: number
  readonly text: string
  readonly eventsOfEach: number
  readonly certificate: string
  readonly key: string
}

process.once('message', ({ port, text, eventsOfEach, certificate, key }: Order) => {
  const bytes = Buffer.from(text.repeat(eventsOfEach))
  const sockets = new Set<tls.TLSSocket>()
  const server = tls.createServer({ cert: certificate, key, noDelay: true, ALPNProtocols: ['h2'] }, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('close', () => sockets.delete(socket))
    socket.once('data', () => sockets.add(socket))
  })
  server.listen(port, '127.0.0.1', () => process.send!('listening'))
  void writeForEver(sockets, bytes)
})

async function writeForEver(sockets: ReadonlySet<tls.TLSSocket>, bytes: Buffer): Promise<void> {
  for (;;) {
    const full: Promise<void>[] = []
    for (const socket of sockets) {
      if (socket.write(bytes)) continue
      full.push(new Promise((resolve) => { socket.once('drain', resolve) }))
    }
    await Promise.all(full)
    await nextTurn()
  }
}
