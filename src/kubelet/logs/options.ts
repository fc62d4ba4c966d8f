/** Which part of a container's log is wanted, and how it is written. */

export interface LogOptions {
  readonly follow: boolean
  readonly previous: boolean
  readonly timestamps: boolean
  readonly tailLines: number | undefined
  readonly sinceMs: number | undefined
  readonly limitBytes: number | undefined
  readonly stream: 'All' | 'Stdout' | 'Stderr'
}

/** From the query of a log request. Gives the sentence of a bad one instead. */
export function parseLogOptions(query: URLSearchParams, now: number): LogOptions | string {
  const whole = (name: string): number | undefined => {
    const text = query.get(name)
    if (text === null || text === '') return undefined
    const value = Number(text)
    return Number.isInteger(value) ? value : Number.NaN
  }
  const flag = (name: string): boolean => ['true', '1'].includes(query.get(name) ?? '')
  const tailLines = whole('tailLines')
  const sinceSeconds = whole('sinceSeconds')
  const limitBytes = whole('limitBytes')
  const sinceTime = query.get('sinceTime')
  if ([tailLines, sinceSeconds, limitBytes].some(Number.isNaN)) return 'unable to decode query'
  if (tailLines !== undefined && tailLines < 0) return 'tailLines: Invalid value: must be greater than or equal to 0'
  if (limitBytes !== undefined && limitBytes < 1) return 'limitBytes: Invalid value: must be greater than 0'
  if (sinceSeconds !== undefined && sinceSeconds < 1) return 'sinceSeconds: Invalid value: must be greater than 0'
  if (sinceSeconds !== undefined && sinceTime) return 'at most one of `sinceTime` or `sinceSeconds` may be specified'
  const sinceParsed = sinceTime ? Date.parse(sinceTime) : undefined
  if (Number.isNaN(sinceParsed)) return `sinceTime: Invalid value: "${sinceTime}"`
  const stream = query.get('stream')
  return {
    follow: flag('follow'), previous: flag('previous'), timestamps: flag('timestamps'), tailLines, limitBytes,
    sinceMs: sinceSeconds !== undefined ? now - sinceSeconds * 1000 : sinceParsed,
    stream: stream === 'Stdout' || stream === 'Stderr' ? stream : 'All',
  }
}
