/** world/sockets on Node: UDP by node:dgram, TCP by node:net. */
import { createSocket } from 'node:dgram'
import { connect as connectTcp, createServer, isIPv6, type Socket } from 'node:net'
import type { RawConnection } from '#world/http.ts'
import type { DatagramSocket, Endpoint, Sockets, StreamListener } from '#world/sockets.ts'

export function createSockets(): Sockets {
  return { listenDatagrams, listenStreams, exchangeDatagram, connect }
}

function listenDatagrams(
  at: Endpoint,
  receive: (message: Uint8Array, from: Endpoint) => void,
): Promise<DatagramSocket> {
  const socket = createSocket({ type: isIPv6(at.address) ? 'udp6' : 'udp4', recvBufferSize: 4 * 1024 * 1024 })
  return new Promise((resolve, reject) => {
    socket.once('error', (error) =>
      reject(new Error(`cannot listen on UDP ${at.address}:${at.port}: ${error.message}`, { cause: error })),
    )
    socket.on('message', (message, from) => receive(message, from))
    socket.bind(at.port, at.address, () => {
      socket.removeAllListeners('error')
      // After the bind, errors are about single answers that could not be delivered; the asker will ask again.
      socket.on('error', () => undefined)
      resolve({
        port: socket.address().port,
        send: (message, to) => socket.send(message, to.port, to.address),
        [Symbol.asyncDispose]: () => new Promise((closed) => socket.close(() => closed())),
      })
    })
  })
}

function listenStreams(at: Endpoint, accept: (connection: RawConnection) => void): Promise<StreamListener> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    accept(toConnection(socket))
  })
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(new Error(`cannot listen on TCP ${at.address}:${at.port}: ${error.message}`, { cause: error })),
    )
    server.listen(at.port, at.address, () => {
      const address = server.address()
      resolve({
        port: typeof address === 'object' && address ? address.port : at.port,
        [Symbol.asyncDispose]: () => new Promise((closed) => {
          server.close(() => closed())
          for (const socket of open) socket.destroy()
        }),
      })
    })
  })
}

function exchangeDatagram(
  to: Endpoint,
  message: Uint8Array,
  isAnswer: (message: Uint8Array) => boolean,
  timeoutMs: number,
): Promise<Uint8Array> {
  const socket = createSocket(isIPv6(to.address) ? 'udp6' : 'udp4')
  return new Promise((resolve, reject) => {
    const finish = (act: () => void): void => {
      clearTimeout(timer)
      socket.close()
      act()
    }
    const timer = setTimeout(
      () => finish(() => reject(new Error(`no answer from ${to.address}:${to.port} in ${timeoutMs} ms`))),
      timeoutMs,
    )
    socket.once('error', (error) => finish(() => reject(error)))
    // Connected: the kernel passes only datagrams that come from the asked address and port.
    socket.connect(to.port, to.address, () => socket.send(message))
    socket.on('message', (answer) => { if (isAnswer(answer)) finish(() => resolve(answer)) })
  })
}

function connect(to: Endpoint, timeoutMs: number): Promise<RawConnection> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ port: to.port, host: to.address, timeout: timeoutMs })
    socket.once('error', reject)
    socket.once('timeout', () =>
      socket.destroy(new Error(`no connection to ${to.address}:${to.port} in ${timeoutMs} ms`)),
    )
    socket.once('connect', () => {
      socket.setTimeout(0)
      resolve(toConnection(socket))
    })
  })
}

function toConnection(socket: Socket): RawConnection {
  // A reset ends the iteration of `received`; there is nobody else to tell.
  socket.on('error', () => undefined)
  return {
    received: socket,
    write: (bytes) => new Promise((resolve, reject) => {
      socket.write(bytes, (error) => (error ? reject(error) : resolve()))
    }),
    end: () => { socket.end() },
    destroy: () => { socket.destroy() },
  }
}
