/** Resource versions in requests: parsing, and waiting until the store has reached one. */
import { tooLargeResourceVersion, type ApiError } from '#machinery/errors/api-error.ts'
import { invalidValue, quoteGo } from '#machinery/errors/field-errors.ts'
import type { Revision } from '#storage/store.ts'
import type { RestContext } from './context.ts'

/** How long a read waits for a version that has not come yet; then 504, and the client tries again. */
const freshnessWaitMs = 3_000

/**
 * A number; 0 for empty. Throws what `refuse` makes of the fault: as upstream, a list is a bad request, while a get and
 * a watch fail without a reason.
 */
export function parseResourceVersion(text: string, refuse: (fault: string) => ApiError): Revision {
  if (text === '') return 0
  const fault = (why: string): ApiError => {
    const { field, message } = invalidValue('resourceVersion', text, `strconv.ParseUint: parsing ${quoteGo(text)}: ${why}`)
    return refuse(`${field}: ${message}`)
  }
  if (!/^[0-9]+$/.test(text)) throw fault('invalid syntax')
  const version = Number(text)
  if (Number.isSafeInteger(version)) return version
  if (BigInt(text) > 0xffff_ffff_ffff_ffffn) throw fault('value out of range')
  return Number.MAX_SAFE_INTEGER
}

/** Resolves when the store is at `version`; rejects with ApiError 504 if it takes too long. */
export async function waitForVersion(context: RestContext, version: Revision, signal: AbortSignal): Promise<void> {
  if (context.store.revision >= version) return
  const timeout = new AbortController()
  const timer = context.clock.schedule(freshnessWaitMs, () => timeout.abort())
  try {
    await context.store.waitFor(version, AbortSignal.any([timeout.signal, signal]))
  } catch (error) {
    if (timeout.signal.aborted) throw tooLargeResourceVersion(version, context.store.revision)
    throw error
  } finally {
    timer.cancel()
  }
}
