/** Chance. Seeded in the simulator, so a run can be repeated to the byte. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Unpredictable bytes: keys, tokens. (In the simulator: predictable, on purpose.) */
  bytes(length: number): Uint8Array
  /** A random (version 4) UUID in lower case. */
  uuid(): string
}
