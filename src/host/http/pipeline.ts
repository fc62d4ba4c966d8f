/** Requests of one HTTP/1.1 connection, one after the other, as Go's server takes them; who sends ahead has to wait. */
import type { Duplex } from 'node:stream'

/** So many requests may have been read ahead before reading stops; those of one chunk may come on top. */
const maxWaiting = 32

export class Pipeline {
  readonly #socket: Duplex
  readonly #waiting: (() => Promise<void>)[] = []
  #isBusy = false
  #isHeldBack = false
  readonly #hold: (hold: boolean) => void

  /** `socket` must have been given to its parser already. */
  constructor(socket: Duplex) {
    this.#socket = socket
    readThroughStream(socket)
    // Node pauses and resumes a connection for reasons of its own; it flows when neither of us holds it.
    const pause = socket.pause.bind(socket)
    const resume = socket.resume.bind(socket)
    let mayFlow = true
    socket.pause = () => { mayFlow = false; return pause() }
    socket.resume = () => { mayFlow = true; return this.#isHeldBack ? socket : resume() }
    this.#hold = (hold) => {
      this.#isHeldBack = hold
      if (hold) pause()
      else if (mayFlow) resume()
    }
  }

  /** `serve` is called when the answers to all requests before it are written, and never throws. */
  push(serve: () => Promise<void>): void {
    if (!this.#isBusy) {
      void this.#run(serve)
      return
    }
    this.#waiting.push(serve)
    if (this.#waiting.length >= maxWaiting && !this.#isHeldBack) this.#hold(true)
  }

  async #run(first: () => Promise<void>): Promise<void> {
    this.#isBusy = true
    let next: (() => Promise<void>) | undefined = first
    for (; next && !this.#socket.destroyed; next = this.#waiting.shift()) {
      await next()
      if (this.#isHeldBack && this.#waiting.length < maxWaiting / 2) this.#hold(false)
    }
    this.#isBusy = false
    if (this.#socket.destroyed) this.#waiting.length = 0
  }
}

/**
 * Node lets its parser read from the connection directly, and pauses it when answers to pipelined requests pile up; but
 * what TLS has decrypted already is parsed nevertheless, which the paused parser takes for malformed. Someone who
 * listens for data makes it read through the stream, which holds such bytes back.
 */
function readThroughStream(socket: Duplex): void {
  const listener = (): void => undefined
  socket.on('data', listener)
  socket.off('data', listener)
}
