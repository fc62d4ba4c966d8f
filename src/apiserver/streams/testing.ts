/** What a websocket client sends, and a connection whose two ends are in the hands of a test. */
import { concatBytes } from '#base/bytes.ts'
import type { RawConnection } from '#world/http.ts'
import { frame } from '../websocket.ts'

export function maskedFrame(opcode: number, payload: Uint8Array, isLast = true): Uint8Array {
  const plain = frame(opcode, payload)
  const head = plain.slice(0, plain.length - payload.length)
  head[1]! |= 0x80
  if (!isLast) head[0]! &= 0x7f
  const mask = Uint8Array.of(1, 2, 3, 4)
  return concatBytes([head, mask, payload.map((byte, index) => byte ^ mask[index & 3]!)])
}

export interface Pipe {
  readonly near: RawConnection
  readonly far: RawConnection
}

/** What is written at one end is received at the other. */
export function createPipe(): Pipe {
  const there = createQueue()
  const back = createQueue()
  const end = (from: Queue, to: Queue): RawConnection => ({
    received: from.chunks(),
    write(bytes) {
      if (to.isEnded()) return Promise.reject(new Error('connection is closed'))
      to.push(bytes.slice())
      return Promise.resolve()
    },
    end: () => to.end(),
    destroy: () => { to.end(); from.end() },
  })
  return { near: end(back, there), far: end(there, back) }
}

interface Queue {
  push(bytes: Uint8Array): void
  end(): void
  isEnded(): boolean
  chunks(): AsyncGenerator<Uint8Array>
}

function createQueue(): Queue {
  const waiting: Uint8Array[] = []
  let ended = false
  let wake: (() => void) | undefined
  return {
    push(bytes) { waiting.push(bytes); wake?.() },
    end() { ended = true; wake?.() },
    isEnded: () => ended,
    async *chunks() {
      for (;;) {
        const next = waiting.shift()
        if (next) yield next
        else if (ended) return
        else await new Promise<void>((resolve) => { wake = resolve })
      }
    },
  }
}
