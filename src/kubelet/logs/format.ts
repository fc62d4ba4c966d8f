/** The log files that CRI runtimes write: `<RFC 3339 nanoseconds> <stream> <P|F>[:tag] <content>`. */

export interface LogEntry {
  /** As written, with nanoseconds. */
  readonly time: string
  readonly stream: 'stdout' | 'stderr'
  /** The line goes on in the next entry. */
  readonly partial: boolean
  readonly content: string
}

/** Without the newline at its end; undefined for what is no entry. */
export function parseLogLine(line: string): LogEntry | undefined {
  const first = line.indexOf(' ')
  const second = line.indexOf(' ', first + 1)
  const third = line.indexOf(' ', second + 1)
  if (first < 0 || second < 0) return undefined
  const stream = line.slice(first + 1, second)
  if (stream !== 'stdout' && stream !== 'stderr') return undefined
  const tags = third < 0 ? line.slice(second + 1) : line.slice(second + 1, third)
  return { time: line.slice(0, first), stream, partial: tags.split(':')[0] === 'P', content: third < 0
    ? ''
    : line.slice(third + 1) }
}
