/** What commands print: a line per step with its time, plain when piped, JSON events with -o json, nothing with -q. */
import { styleText } from 'node:util'

export type OutputForm = 'text' | 'json' | 'quiet'

export interface StepEvent {
  readonly step: string
  readonly state: 'started' | 'done' | 'failed'
  readonly detail: string
  readonly ms: number
}

/** Prints steps as they happen. On a terminal the running step is shown at once and overwritten when it ends. */
export class StepPrinter {
  readonly #form: OutputForm
  readonly #stream: NodeJS.WriteStream
  readonly #live: boolean
  #pending = false

  constructor(form: OutputForm, stream: NodeJS.WriteStream = process.stdout) {
    this.#form = form
    this.#stream = stream
    this.#live = form === 'text' && stream.isTTY === true
  }

  /** A sentence of its own. */
  say(text: string): void {
    if (this.#form === 'text') this.#write(`${text}\n`)
  }

  event(event: StepEvent): void {
    if (this.#form === 'quiet') return
    if (this.#form === 'json') {
      this.#stream.write(`${JSON.stringify(event)}\n`)
      return
    }
    if (event.state === 'started') {
      if (this.#live) {
        this.#write(` ..  ${event.step.padEnd(16)} ${event.detail}`)
        this.#pending = true
      }
      return
    }
    const mark = event.state === 'done' ? this.#colour('green', 'ok ') : this.#colour('red', '!! ')
    this.#write(` ${mark} ${event.step.padEnd(16)} ${event.detail.padEnd(64)} ${formatSeconds(event.ms).padStart(6)}\n`)
  }

  /** Runs `work` as one step; `work` gives the detail to show at the end. */
  async step<T>(step: string, started: string, work: () => Promise<readonly [string, T]>): Promise<T> {
    const begin = performance.now()
    this.event({ step, state: 'started', detail: started, ms: 0 })
    try {
      const [detail, result] = await work()
      this.event({ step, state: 'done', detail, ms: performance.now() - begin })
      return result
    } catch (error) {
      this.event({ step, state: 'failed', detail: started, ms: performance.now() - begin })
      throw error
    }
  }

  #write(text: string): void {
    this.#stream.write(this.#pending ? `\r\u001b[K${text}` : text)
    this.#pending = false
  }

  #colour(colour: 'green' | 'red', text: string): string {
    return styleText(colour, text, { stream: this.#stream })
  }
}

export function formatSeconds(ms: number): string {
  return ms < 9950 ? `${(ms / 1000).toFixed(1)}s` : `${Math.round(ms / 1000)}s`
}
