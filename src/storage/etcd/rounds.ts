/** Many who ask the same at once share one answer, as long as it was asked for after they came. */

/**
 * Runs `ask` one at a time. Whoever comes while it runs waits for the next run: what has begun before says nothing of
 * what happened since.
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
    const begin = (): Promise<Answer> => {
      this.#next = undefined
      return this.#run()
    }
    return this.#next = this.#running.then(begin, begin)
  }

  #run(): Promise<Answer> {
    const running = this.#ask().finally(() => {
      if (this.#running === running) this.#running = undefined
    })
    return this.#running = running
  }
}
