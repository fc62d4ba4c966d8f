/** Where lines go that nobody here reads again: a file that is put aside when it is large, or standard output. */
export interface Output {
  /** Appends; writes keep their order. Rejects when the bytes could not be written. */
  write(bytes: Uint8Array): Promise<void>
}
