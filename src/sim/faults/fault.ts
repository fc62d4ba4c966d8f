/**
 * What a fault is: something that goes wrong every now and then, until it is told to stop, and then is put right again.
 */
import type { Laboratory } from '../laboratory.ts'
import type { SeededRandom } from '../random.ts'

export interface Fault {
  readonly name: string
  /** Returns, after the signal aborted, when nothing of it is left. */
  run(lab: Laboratory, random: SeededRandom, signal: AbortSignal): Promise<void>
}

/** Waits for about `meanMs`, exponentially distributed; false when the faults have ended. */
export async function pause(
  { clock }: Laboratory,
  random: SeededRandom,
  meanMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  await clock.sleep(-Math.log(1 - random.next()) * meanMs, signal).catch(() => undefined)
  return !signal.aborted
}
