/** Chance from the machine: cryptographic bytes, and a fast generator where nobody gains from guessing. */
import { randomFillSync, randomUUID } from 'node:crypto'
import type { Random } from '#world/random.ts'

export const systemRandom: Random = {
  next: () => Math.random(),
  bytes: (length) => randomFillSync(new Uint8Array(length)),
  uuid: () => randomUUID(),
}
