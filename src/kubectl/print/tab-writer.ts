/** Aligns columns as Go's tabwriter does: a column is a run of lines that have a cell ended by a tab there. */

export interface TabWriterOptions {
  readonly minWidth: number
  readonly padding: number
  /** Columns never get narrower than they were before the last flush. */
  readonly remember?: boolean
}

/** How kubectl prints tables. */
export const tableStyle: TabWriterOptions = { minWidth: 6, padding: 3, remember: true }
/** How kubectl describes. */
export const describeStyle: TabWriterOptions = { minWidth: 0, padding: 2 }

export class TabWriter {
  readonly #options: TabWriterOptions
  #text = ''
  #remembered: number[] = []

  constructor(options: TabWriterOptions) {
    this.#options = options
  }

  write(text: string): void {
    this.#text += text
  }

  /** What was written since the last flush, aligned. */
  flush(): string {
    const lines = this.#text.split('\n').map((line) => line.split('\t'))
    this.#text = ''
    const output: string[] = []
    this.#format(lines, 0, lines.length, [], output)
    return output.join('\n')
  }

  forgetWidths(): void {
    this.#remembered = []
  }

  /** Formats the lines between, which all share the columns that `widths` has already. */
  #format(lines: readonly (readonly string[])[], from: number, to: number, widths: number[], output: string[]): void {
    const column = widths.length
    let unprinted = from
    for (let line = from; line < to; line++) {
      if (column >= lines[line]!.length - 1) continue
      for (; unprinted < line; unprinted++) output.push(layOut(lines[unprinted]!, widths))
      let width = Math.max(this.#options.minWidth, this.#options.remember ? this.#remembered[column] ?? 0 : 0)
      for (; line < to && column < lines[line]!.length - 1; line++) {
        width = Math.max(width, widthOf(lines[line]![column]!) + this.#options.padding)
      }
      if (this.#options.remember) this.#remembered[column] = width
      widths.push(width)
      this.#format(lines, unprinted, line, widths, output)
      widths.pop()
      unprinted = line
    }
    for (; unprinted < to; unprinted++) output.push(layOut(lines[unprinted]!, widths))
  }
}

/** One text, aligned at once. */
export function align(text: string, options: TabWriterOptions): string {
  const writer = new TabWriter(options)
  writer.write(text)
  return writer.flush()
}

function layOut(cells: readonly string[], widths: readonly number[]): string {
  let line = ''
  cells.forEach((cell, index) => {
    line += cell
    if (index < widths.length && index < cells.length - 1) {
      line += ' '.repeat(Math.max(0, widths[index]! - widthOf(cell)))
    }
  })
  return line
}

function widthOf(text: string): number {
  // Most cells are ASCII; only others need counting by code points.
  return /^[\x00-\x7f]*$/.test(text) ? text.length : [...text].length
}
