/** Everything that happened in a simulation, as lines of text and as one hash: equal hashes mean equal runs. */

export interface Trace {
  /** `at` in milliseconds of virtual time. */
  line(at: number, text: string): void
  readonly lines: number
  /** 16 hexadecimal digits over all lines. */
  readonly hash: string
}

/** `print` gets each line as it comes. */
export function createTrace(print?: (line: string) => void): Trace {
  let lines = 0
  let [first, second] = [0x811c9dc5, 0x1b873593]
  const mix = (text: string): void => {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      first = Math.imul(first ^ code, 0x01000193)
      second = Math.imul(second ^ code, 0x85ebca6b) ^ (second >>> 13)
    }
  }
  return {
    line(at, text) {
      lines++
      const line = `${formatElapsed(at)} ${text}`
      mix(line)
      print?.(line)
    },
    get lines() { return lines },
    get hash() { return [first, second].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('') },
  }
}

/** `0:07:31.250` */
function formatElapsed(ms: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  return `${Math.floor(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}.${String(Math.floor(ms % 1000)).padStart(3, '0')}`
}
