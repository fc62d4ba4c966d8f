/** Configuration files of the API server: documents of apiserver.config.k8s.io and its like, read from YAML or JSON. */
import { compareBytes } from '#base/bytes.ts'
import { JsonError, strictError } from '#machinery/codec/json.ts'
import { decodeYaml, YamlError } from '#machinery/codec/yaml.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { findFaults } from '#machinery/errors/field-errors.ts'
import type { StructSchema } from '#machinery/schema/schema.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import { aggregate } from './aggregate.ts'
import { metricLines, type Sample } from './metric-text.ts'

/** Why a configuration cannot be used, in upstream's words. */
export class ConfigurationError extends Error {}

/** A file that the server reads at its start, and again when it changes. */
export interface ConfigurationFile {
  /** For messages. */
  readonly path: string
  read(): Promise<Uint8Array>
  /** Yields when the file may have changed, and once at the start; absent where changes do not matter. */
  readonly changes?: (signal: AbortSignal) => AsyncIterable<void>
}

/** A file, and what it held when the configuration in force was read from it. */
export interface ConfigurationSource {
  readonly file: ConfigurationFile
  readonly bytes: Uint8Array
}

export interface DocumentType {
  readonly kind: string
  /** `group/version`, all of one form. */
  readonly apiVersions: readonly string[]
  readonly struct: StructSchema
  /** Unknown and repeated fields are told to this, in place of being an error. */
  readonly lenient?: (problem: string) => void
}

/** The document as it is written; defaults are the caller's. Throws ConfigurationError. */
export function decodeDocument<T>(bytes: Uint8Array, { kind, apiVersions, struct, lenient }: DocumentType): Partial<T> {
  const { object, problems } = decode(bytes, struct)
  const given = object as { readonly kind?: string; readonly apiVersion?: string }
  if (!given.kind) throw new ConfigurationError(`Object 'Kind' is missing in '${excerpt(bytes)}'`)
  if (!given.apiVersion) throw new ConfigurationError(`Object 'apiVersion' is missing in '${excerpt(bytes)}'`)
  if (given.kind !== kind || !apiVersions.includes(given.apiVersion)) {
    throw new ConfigurationError(
      `no kind ${JSON.stringify(given.kind)} is registered for version ${JSON.stringify(given.apiVersion)}`,
    )
  }
  if (problems.length > 0) {
    if (!lenient) throw new ConfigurationError(strictError(problems))
    lenient(strictError(problems))
  }
  return object as Partial<T>
}

function decode(bytes: Uint8Array, struct: StructSchema): ReturnType<typeof decodeYaml> {
  try {
    return decodeYaml(bytes, struct, { strict: 'Strict' })
  } catch (error) {
    if (!(error instanceof JsonError || error instanceof YamlError)) throw error
    throw new ConfigurationError(error.message, { cause: error })
  }
}

/** Faults as Go's aggregate error prints them; none is fine. */
export function requireValid(validate: () => readonly FieldError[]): void {
  const faults = findFaults(validate).map(({ field, message }) => (field === '' ? message : `${field}: ${message}`))
  if (faults.length > 0) throw new ConfigurationError(aggregate(faults))
}

/** Puts `what` before the message of a ConfigurationError. */
export function explainFailure<T>(what: string, work: () => T): T {
  const explain = (error: unknown): unknown =>
    error instanceof ConfigurationError ? new ConfigurationError(`${what}: ${error.message}`, { cause: error }) : error
  try {
    const result = work()
    return result instanceof Promise ? result.catch((error: unknown) => { throw explain(error) }) as T : result
  } catch (error) {
    throw explain(error)
  }
}

const excerptLength = 200

function excerpt(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, excerptLength)).trim()
}

export interface FollowedFile {
  readonly file: ConfigurationFile
  readonly log: Log
  readonly metrics: ReloadMetrics
  /** What is in force already. */
  readonly current: Uint8Array
  /** Puts what the file says in force. Rejects when that cannot be; what was in force then stays so. */
  readonly apply: (bytes: Uint8Array, signal: AbortSignal) => Promise<void>
}

/** Reads the file again whenever it changes, until aborted. */
export async function followFile(
  { file, log, metrics, current, apply }: FollowedFile, signal: AbortSignal,
): Promise<void> {
  if (!file.changes) return
  let inForce = current
  for await (const _ of file.changes(signal)) {
    try {
      const bytes = await file.read()
      if (compareBytes(bytes, inForce) === 0) continue
      await apply(bytes, signal)
      inForce = bytes
      metrics.reloaded(true)
      log.info('loaded a changed configuration', { path: file.path })
    } catch (error) {
      if (signal.aborted) return
      metrics.reloaded(false)
      log.error('could not use a changed configuration; the former stays in force', {
        path: file.path, error: error instanceof Error ? error.message : String(error),
      })
    }
  }
}

/** Upstream's figures of a controller that reads a file again: `apiserver_<subsystem>_automatic_reload…`. */
export class ReloadMetrics {
  readonly #subsystem: string
  readonly #clock: Clock
  readonly #outcomes = new Map<'success' | 'failure', { count: number; lastSeconds: number }>()

  constructor(subsystem: string, clock: Clock) {
    this.#subsystem = subsystem
    this.#clock = clock
  }

  reloaded(isSuccess: boolean): void {
    const status = isSuccess ? 'success' : 'failure'
    const count = (this.#outcomes.get(status)?.count ?? 0) + 1
    this.#outcomes.set(status, { count, lastSeconds: this.#clock.now() / 1000 })
  }

  render(): string {
    if (this.#outcomes.size === 0) return ''
    const lines: string[] = []
    const metric = (suffix: string, type: 'counter' | 'gauge', help: string, value: 'count' | 'lastSeconds'): void => {
      const samples = [...this.#outcomes].map(([status, outcome]): Sample =>
        [`apiserver_id_hash="",status="${status}"`, outcome[value]])
      lines.push(...metricLines(`apiserver_${this.#subsystem}_automatic_${suffix}`, type, `[BETA] ${help}`, samples))
    }
    metric('reloads_total', 'counter',
      'Total number of automatic reloads of configuration split by status and apiserver identity.', 'count')
    metric('reload_last_timestamp_seconds', 'gauge', 'Timestamp of the last automatic reload of configuration split by '
      + 'status and apiserver identity.', 'lastSeconds')
    return `${lines.join('\n')}\n`
  }
}
