/** What commands print: a line per step with its time, plain when piped, JSON events with -o json, nothing with -q. */
import { styleText } from 'node:util'
import type { Arguments } from './arguments.ts'

export type OutputForm = 'text' | 'json' | 'quiet'

/** What `-o` and `-q` ask for. */
export function outputForm(flags: Arguments): OutputForm {
  return flags.has('quiet') ? 'quiet' : flags.text('output') === 'json' ? 'json' : 'text'
}

export interface StepEvent {
  readonly step: string
  readonly state: 'started' | 'done' | 'failed'
  readonly detail: string
  readonly ms: number
}

/** Where lines cannot be overwritten, a step is announced only when it takes this long. */
const patienceMs = 900

/**
 * Prints steps as they happen. On a terminal the running step is shown at once, with its seconds, and overwritten when
 * it ends; where output is piped, a step that takes long is announced.
 */
export class StepPrinter {
  readonly #form: OutputForm
  readonly #stream: NodeJS.WriteStream
  readonly #live: boolean
  #pending = false
  /** Steps that have begun, and what announces or counts them. */
  readonly #running = new Map<string, NodeJS.Timeout>()

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
    clearInterval(this.#running.get(event.step))
    this.#running.delete(event.step)
    if (event.state === 'started') {
      this.#begin(event)
      return
    }
    const mark = event.state === 'done' ? this.#colour('green', 'ok ') : this.#colour('red', '!! ')
    this.#write(` ${mark} ${event.step.padEnd(16)} ${event.detail.padEnd(64)} ${formatSeconds(event.ms).padStart(6)}\n`)
  }

  /** For programs only. */
  tell(event: StepEvent): void {
    if (this.#form === 'json') this.event(event)
  }

  /** The last line: for people a sentence, for programs an event. */
  end(text: string): void {
    this.say(text)
    this.tell({ step: 'end', state: 'done', detail: text, ms: 0 })
  }

  #begin({ step, detail }: StepEvent): void {
    const begin = performance.now()
    const show = (): void => {
      const seconds = Math.floor((performance.now() - begin) / 1000)
      this.#write(` ..  ${step.padEnd(16)} ${detail}${seconds > 0 ? `  ${seconds}s` : ''}`)
      this.#pending = true
    }
    const announce = (): void => {
      this.#write(` ..  ${step.padEnd(16)} ${detail || 'goes on'}\n`)
      clearInterval(this.#running.get(step))
    }
    if (this.#live) show()
    const timer = setInterval(this.#live ? show : announce, this.#live ? 1000 : patienceMs)
    timer.unref()
    this.#running.set(step, timer)
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
