/**
 * Reads a container's log file for a client: from its end backwards for a tail, and on as it grows; told of
 * growth, never asking.
 */
import { concatBytes, utf8Decode, utf8Encode } from '#base/bytes.ts'
import type { Files } from '#world/files.ts'
import { parseLogLine } from './format.ts'
import type { LogOptions } from './options.ts'

export interface LogSource {
  readonly files: Files
  readonly path: string
  /** Whether more may still be written. */
  readonly isRunning: () => boolean
  /** Calls back whenever isRunning may have changed; returns how to end that. */
  readonly onChange: (callback: () => void) => () => void
}

const blockBytes = 64 * 1024
const newline = 0x0a

/** Ends when all is read; when following, when the container has ended and all is read, or the signal aborts. */
export async function* readLog(
  source: LogSource,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { files, path } = source
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY
  const render = renderer(options)
  const cut = (bytes: Uint8Array): Uint8Array => {
    const part = bytes.length > left ? bytes.subarray(0, left) : bytes
    left -= part.length
    return part
  }
  let offset = await startOffset(files, path, options.tailLines)
  let inode = (await files.stat(path))?.inode
  let rest: Uint8Array = new Uint8Array()
  const wakeUps = options.follow ? wakeUpsOf(source, signal) : undefined
  try {
    for (;;) {
      const wasRunning = source.isRunning()
      const now = (await files.stat(path))?.inode
      // Rotated: what is left of the old file first, which has another name now, then the new one from its beginning.
      const current = inode !== undefined && now !== inode ? await findRotated(files, path, inode) : path
      for (;;) {
        const chunk = current === undefined ? undefined : await files.readRange(current, offset, blockBytes)
        if (!chunk || chunk.length === 0) break
        offset += chunk.length
        const whole = rest.length === 0 ? chunk : concatBytes([rest, chunk])
        const end = whole.lastIndexOf(newline) + 1
        rest = whole.slice(end)
        const text = cut(render(whole.subarray(0, end)))
        if (text.length > 0) yield text
        if (left <= 0 || signal.aborted) return
      }
      if (current !== path && now !== undefined) {
        inode = now
        offset = 0
        rest = new Uint8Array()
        continue
      }
      inode ??= now
      if (!wakeUps || !wasRunning || signal.aborted) break
      await wakeUps.next()
    }
    if (rest.length > 0) yield cut(render(rest))
  } finally {
    wakeUps?.end()
  }
}

/** Where the last `lines` lines begin. */
async function startOffset(files: Files, path: string, lines: number | undefined): Promise<number> {
  const size = (await files.stat(path))?.size ?? 0
  if (lines === undefined) return 0
  if (lines === 0) return size
  let found = 0
  let end = size
  while (end > 0) {
    const begin = Math.max(0, end - blockBytes)
    const block = await files.readRange(path, begin, end - begin) ?? new Uint8Array()
    for (let i = block.length - 1; i >= 0; i--) {
      // The newline at the very end closes the last line, and begins none.
      if (block[i] !== newline || begin + i === size - 1) continue
      found++
      if (found === lines) return begin + i + 1
    }
    end = begin
  }
  return 0
}

function renderer(options: LogOptions): (bytes: Uint8Array) => Uint8Array {
  const wanted = options.stream === 'All' ? undefined : options.stream.toLowerCase()
  return (bytes) => {
    let text = ''
    for (const line of utf8Decode(bytes).split('\n')) {
      const entry = line === '' ? undefined : parseLogLine(line)
      if (!entry || (wanted !== undefined && entry.stream !== wanted)) continue
      if (options.sinceMs !== undefined && Date.parse(entry.time) < options.sinceMs) continue
      text += `${options.timestamps ? `${entry.time} ` : ''}${entry.content}${entry.partial ? '' : '\n'}`
    }
    return utf8Encode(text)
  }
}

async function findRotated(files: Files, path: string, inode: number): Promise<string | undefined> {
  const directory = path.slice(0, path.lastIndexOf('/'))
  for (const name of await files.list(directory) ?? []) {
    const candidate = `${directory}/${name}`
    if (candidate.startsWith(`${path}.`) && (await files.stat(candidate))?.inode === inode) return candidate
  }
  return undefined
}

/** The file has changed, or the container. A wake-up while nobody waits is kept. */
function wakeUpsOf({ files, path, onChange }: LogSource, signal: AbortSignal) {
  let isDue = false
  let wake: (() => void) | undefined
  const poke = (): void => {
    isDue = true
    wake?.()
  }
  const stop = new AbortController()
  const both = AbortSignal.any([signal, stop.signal])
  const unsubscribe = onChange(poke)
  signal.addEventListener('abort', poke, { once: true })
  const watching = (async () => {
    for await (const _ of files.watch(path, both)) poke()
  })()
  // A directory that is gone wakes the reader too, who then finds that there is nothing more.
  watching.catch(poke)
  return {
    async next(): Promise<void> {
      if (!isDue) await new Promise<void>((resolve) => { wake = resolve })
      isDue = false
      wake = undefined
    },
    end(): void {
      stop.abort()
      unsubscribe()
      signal.removeEventListener('abort', poke)
    },
  }
}
