/** Resource versions in requests: parsing, and waiting until the store has reached one. */
import { badRequest, tooLargeResourceVersion } from '#machinery/errors/api-error.ts'
import type { Revision } from '#storage/store.ts'
import type { RestContext } from './context.ts'

/** How long a read waits for a version that has not come yet; then 504, and the client tries again. */
const freshnessWaitMs = 3_000

/** A number; 0 for empty. Throws ApiError 400. */
export function parseResourceVersion(text: string): Revision {
  if (text === '') return 0
  if (!/^[0-9]+$/.test(text)) {
    throw badRequest(`invalid resource version: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`)
  }
  const version = Number(text)
  if (!Number.isSafeInteger(version)) {
    if (BigInt(text) > 0xffff_ffff_ffff_ffffn) {
      throw badRequest(
        `invalid resource version: strconv.ParseUint: parsing ${JSON.stringify(text)}: value out of range`,
      )
    }
    return Number.MAX_SAFE_INTEGER
  }
  return version
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
