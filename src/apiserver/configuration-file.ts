/** Configuration files of the API server: documents of apiserver.config.k8s.io and its like, read from YAML or JSON. */
import { JsonError, strictError } from '#machinery/codec/json.ts'
import { decodeYaml, YamlError } from '#machinery/codec/yaml.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { findFaults } from '#machinery/errors/field-errors.ts'
import type { StructSchema } from '#machinery/schema/schema.ts'

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
  const faults = new Set(findFaults(validate).map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)))
  if (faults.size === 0) return
  const [first] = faults
  throw new ConfigurationError(faults.size === 1 ? first! : `[${[...faults].join(', ')}]`)
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
