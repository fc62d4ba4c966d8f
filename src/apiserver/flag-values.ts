/** Flags of kube-apiserver as they were given: texts by name, without dashes. */
import { DurationError, parseDuration } from '#machinery/duration.ts'
import { ConfigurationError } from './configuration-file.ts'

/** Switches are `true` or `false`, flags that may be repeated are joined with commas. */
export type FlagValues = Readonly<Record<string, string>>

/** Reads flags as pflag does. Every function throws ConfigurationError for a value that is not of its form. */
export class FlagReader {
  readonly #values: FlagValues

  constructor(values: FlagValues) {
    this.#values = values
  }

  /** Empty is as absent. */
  text(name: string): string | undefined {
    return this.#values[name] || undefined
  }

  switch(name: string, otherwise: boolean): boolean {
    const text = this.text(name)
    if (text === undefined) return otherwise
    if (text === 'true' || text === '1') return true
    if (text === 'false' || text === '0') return false
    throw this.#malformed(name, `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`)
  }

  number(name: string, otherwise: number): number {
    const text = this.text(name)
    if (text === undefined) return otherwise
    const value = Number(text)
    if (!/^-?\d+(\.\d+)?$/.test(text) || !Number.isFinite(value)) {
      throw this.#malformed(name, `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
    }
    return value
  }

  /** Milliseconds, of a Go duration. */
  duration(name: string, otherwiseMs: number): number {
    const text = this.text(name)
    if (text === undefined) return otherwiseMs
    try {
      return Number(parseDuration(text)) / 1e6
    } catch (error) {
      if (!(error instanceof DurationError)) throw error
      throw this.#malformed(name, error.message)
    }
  }

  list(name: string): readonly string[] {
    return (this.text(name) ?? '').split(',').filter((item) => item !== '')
  }

  #malformed(name: string, why: string): ConfigurationError {
    return new ConfigurationError(`invalid argument ${JSON.stringify(this.#values[name])} for "--${name}" flag: ${why}`)
  }
}
