/** Reading a whole request body, and writing a streamed answer: bounded in bytes and in time. */
import type { Readable, Writable } from 'node:stream'
import { ApiError, badRequest, tooLarge } from '#machinery/errors/api-error.ts'

/**
 * Rejects with 413 beyond `limitBytes`, 408 when the body is not whole within `timeoutMs`, 400 when the client goes
 * away.
 */
export function collect(
  source: Readable, declaredLength: string | undefined, limitBytes: number, timeoutMs: number,
): Promise<Uint8Array> {
  if (declaredLength !== undefined && Number(declaredLength) > limitBytes) return Promise.reject(tooLong(limitBytes))
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const timer = setTimeout(() => finish(bodyLate()), timeoutMs)
    const finish = (error?: Error): void => {
      clearTimeout(timer)
      source.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose)
      if (error) { source.on('error', ignoreLateError); source.pause(); reject(error) }
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length))
    }
    const onData = (chunk: Buffer): void => {
      length += chunk.length
      if (length > limitBytes) finish(tooLong(limitBytes))
      else chunks.push(chunk)
    }
    const onEnd = (): void => finish()
    const onError = (error: Error): void => finish(badRequest('unexpected EOF', { cause: error }))
    const onClose = (): void => finish(badRequest('unexpected EOF'))
    source.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose)
    if (source.destroyed) onClose()
  })
}

/**
 * The body of a request as it comes. Throws 408 when nothing comes for `stalledMs` while somebody waits for it, 400
 * when the client goes away.
 */
export async function* chunksOf(source: Readable, stalledMs: number): AsyncGenerator<Uint8Array> {
  source.on('error', ignoreLateError)
  const chunks = source.iterator({ destroyOnReturn: false })
  for (;;) {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => late.reject(bodyLate()), stalledMs)
    let next: IteratorResult<unknown>
    try {
      next = await Promise.race([chunks.next(), late.promise])
    } catch (error) {
      throw error instanceof ApiError ? error : badRequest('unexpected EOF', { cause: error })
    } finally {
      clearTimeout(timer)
    }
    if (next.done) return
    yield next.value as Uint8Array
  }
}

/** Of a request without a body. */
export async function* noChunks(): AsyncGenerator<Uint8Array> {}

/** The error was already reported through the body's promise. */
function ignoreLateError(): void {}

function tooLong(limitBytes: number): ApiError {
  return tooLarge(`Request entity too large: limit is ${limitBytes}`)
}

export function bodyLate(): ApiError {
  const message = 'Timeout: the request body did not arrive in time'
  return new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason: 'Timeout',
    code: 408,
  })
}

/**
 * Writes chunk after chunk and waits for a slow reader before taking the next. Returns when all is handed over or the
 * reader is gone;
 * a reader that takes nothing for `stalledMs` is cut off. Errors of the source are thrown, after the source was told to
 * stop.
 */
export async function pump(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, target: Writable, stalledMs: number,
): Promise<void> {
  for await (const chunk of chunks) {
    if (target.destroyed || target.writableEnded) return
    if (!target.write(chunk) && !(await drained(target, stalledMs))) return
  }
}

/** False: the reader went away, or was cut off. */
export function drained(target: Writable, stalledMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (writable: boolean): void => {
      clearTimeout(timer)
      target.off('drain', onDrain).off('close', onClose)
      resolve(writable)
    }
    const onDrain = (): void => finish(true)
    const onClose = (): void => finish(false)
    const timer = setTimeout(() => { finish(false); target.destroy() }, stalledMs)
    target.on('drain', onDrain).on('close', onClose)
    if (target.destroyed) finish(false)
    else if (!target.writableNeedDrain) finish(true)
  })
}
