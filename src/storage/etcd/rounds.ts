/** Many who ask the same at once share one answer, as long as it was asked for after they came. */

/**
 * Runs `ask` one at a time. Whoever comes while it runs waits for the next run: what has begun before says nothing of
 * what happened since. Only its failure is everybody's: who came later has seen it happen.
 */
export class Rounds<Answer> {
  readonly #ask: () => Promise<Answer>
  #running: Promise<Answer> | undefined
  #next: Promise<Answer> | undefined

  constructor(ask: () => Promise<Answer>) {
    this.#ask = ask
  }

  join(): Promise<Answer> {
    if (this.#next !== undefined) return this.#next
    if (this.#running === undefined) return this.#run()
    const settled = (): void => { this.#next = undefined }
    this.#running.then(settled, settled)
    return this.#next = this.#running.then(() => this.#run())
  }

  #run(): Promise<Answer> {
    const running = this.#ask().finally(() => {
      if (this.#running === running) this.#running = undefined
    })
    return this.#running = running
  }
}
