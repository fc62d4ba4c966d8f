/**
 * Log lines for people (klog's shape) or machines (JSON), to any stream. Fields that name a secret are never written.
 */
import type { Clock } from '#world/clock.ts'
import type { Log, LogFields } from '#world/log.ts'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

export interface LogOptions {
  readonly clock: Clock
  /** Where lines go; `process.stderr` fits. */
  readonly stream: { write(line: string): unknown }
  /** `text` is klog's header and key="value" pairs; `json` is one object a line. */
  readonly format: 'text' | 'json'
  /** The least grave level that is written. */
  readonly level: LogLevel
}

const gravity: Readonly<Record<LogLevel, number>> = { error: 3, warn: 2, info: 1, debug: 0 }
const secretName = /token|password|passwd|secret|authorization|cookie|credential|private_?key|bearer/i
const valueLengthMax = 4_096

export function createLog(options: LogOptions): Log {
  return logNamed(options, '')
}

function logNamed(options: LogOptions, component: string): Log {
  const line = options.format === 'json' ? jsonLine : textLine
  const writer = (level: LogLevel) => gravity[level] < gravity[options.level]
    ? () => {}
    : (message: string, fields: LogFields = {}) => {
        options.stream.write(line({ level, at: new Date(options.clock.now()), component, message, fields }))
      }
  return {
    error: writer('error'), warn: writer('warn'), info: writer('info'), debug: writer('debug'),
    named: (name) => logNamed(options, component === '' ? name : `${component}.${name}`),
  }
}

interface Line {
  readonly level: LogLevel
  readonly at: Date
  readonly component: string
  readonly message: string
  readonly fields: LogFields
}

function jsonLine({ level, at, component, message, fields }: Line): string {
  const plain: Record<string, unknown> = {
    time: at.toISOString(), level, ...(component !== '' && { component }), message,
  }
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) plain[name] = shown(name, value)
  return `${JSON.stringify(plain)}\n`
}

/** `I0131 12:34:56.789012 component] "Message" name="value"`: klog's header without the thread and the source line. */
function textLine({ level, at, component, message, fields }: Line): string {
  const iso = at.toISOString()
  const head = `${level[0]!.toUpperCase()}${iso.slice(5, 7)}${iso.slice(8, 10)} ${iso.slice(11, 23)}000`
  let line = `${head}${component === '' ? '' : ` ${component}`}] ${JSON.stringify(message)}`
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) line += ` ${name}=${JSON.stringify(shown(name, value)) ?? 'undefined'}`
  }
  return `${line}\n`
}

function shown(name: string, value: unknown): unknown {
  if (secretName.test(name) && typeof value !== 'number' && typeof value !== 'boolean') return '(not shown)'
  if (value instanceof Error) return describeError(value)
  if (typeof value === 'string') return value.length > valueLengthMax ? `${value.slice(0, valueLengthMax)}…` : value
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return `(${value.length} bytes)`
  if (typeof value !== 'object' || value === null) return value
  return JSON.parse(JSON.stringify(value, (key, inner: unknown) => {
    if (key !== '' && secretName.test(key) && typeof inner === 'string') return '(not shown)'
    return inner instanceof Error ? describeError(inner) : typeof inner === 'bigint' ? inner.toString() : inner
  }) ?? 'null')
}

function describeError(error: Error): string {
  const cause = error.cause instanceof Error ? `; cause: ${describeError(error.cause)}` : ''
  return `${error.stack ?? error.message}${cause}`
}
