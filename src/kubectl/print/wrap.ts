/** Breaks long lines between words. */

/** Lines of at most `width` characters where words allow it; line breaks of the text stay. */
export function wrapText(text: string, width: number): string {
  return text.split('\n').map((line) => {
    const lines: string[] = []
    let current = ''
    for (const word of line.split(/(?<=\s)(?=\S)/)) {
      if (current !== '' && (current + word).trimEnd().length > width) {
        lines.push(current.trimEnd())
        current = word
      } else current += word
    }
    return [...lines, current.trimEnd()].join('\n')
  }).join('\n')
}
