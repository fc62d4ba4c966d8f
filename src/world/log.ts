/** Structured logging: a constant message in the past tense, values as fields. Passed, never global. */
export interface Log {
  /** Someone must act. */
  error(message: string, fields?: LogFields): void
  /** Something failed and was coped with. */
  warn(message: string, fields?: LogFields): void
  /** State changed. */
  info(message: string, fields?: LogFields): void
  /** A decision and its reasons. */
  debug(message: string, fields?: LogFields): void
  /** The same log with the component's name on every line. */
  named(component: string): Log
}

export type LogFields = Readonly<Record<string, unknown>>

/** For tests and libraries that want silence. */
export const silentLog: Log = {
  error() {}, warn() {}, info() {}, debug() {},
  named: () => silentLog,
}
