/** Collects a description's lines, two spaces for each level, and aligns them at the end. */
import { align, describeStyle } from '../print/tab-writer.ts'
import { escapeTerminal } from '../print/table.ts'

export class Description {
  #text = ''
  #done = ''

  /** One line or a part of one; columns are separated by tabs. */
  write(level: number, text: string): void {
    this.#text += `${'  '.repeat(level)}${escapeTerminal(text)}`
  }

  line(level: number, text: string): void {
    this.write(level, `${text}\n`)
  }

  /** Only when there is a value. */
  optional(level: number, title: string, value: string | number): void {
    if (value !== '' && value !== 0) this.line(level, `${title}:\t${value}`)
  }

  /** What follows has columns of its own. */
  flush(): void {
    this.#done += align(this.#text, describeStyle)
    this.#text = ''
  }

  /** With its tabs. */
  plain(): string {
    return this.#text
  }

  finish(): string {
    this.flush()
    return this.#done
  }
}
