/** The figures of encryption at rest, with upstream's names, in Prometheus' text format. */
import { hexEncode, utf8Encode } from '#base/bytes.ts'
import type { Clock } from '#world/clock.ts'
import type { Crypto } from '#world/crypto.ts'
import { metricLines } from '../metric-text.ts'

export type Direction = 'from_storage' | 'to_storage'

export interface Measured {
  done(prefix: string): void
  failed(prefix: string, error: unknown): void
}

/** Upstream's exponential buckets: 5 microseconds doubled 25 times; for KMS calls 0.1 milliseconds doubled 20 times. */
const transformBuckets = Array.from({ length: 25 }, (_, power) => 5e-6 * 2 ** power)
const operationBuckets = Array.from({ length: 20 }, (_, power) => 1e-4 * 2 ** power)
/** Keys' ids come from a plugin; so many of them are told apart at once, as upstream. */
const maxKeyIds = 100

interface Histogram {
  count: number
  sum: number
  readonly counts: number[]
}

export class EncryptionMetrics {
  readonly #clock: Clock
  readonly #crypto: Crypto
  readonly #operations = new Map<string, number>()
  readonly #latencies = new Map<string, Histogram>()
  readonly #kmsLatencies = new Map<string, Histogram>()
  readonly #keyIds = new Map<string, { count: number; lastSeconds: number }>()
  readonly #statusKeyIds = new Map<string, number>()
  readonly #invalidKeyIds = new Map<string, number>()
  readonly #cacheSizes = new Map<string, number>()
  readonly #reloads = new Map<'success' | 'failure', { count: number; lastSeconds: number }>()
  #configurationHash = ''
  #cacheMisses = 0

  constructor(clock: Clock, crypto: Crypto) {
    this.#clock = clock
    this.#crypto = crypto
  }

  begin(direction: Direction, resource: string): Measured {
    const begin = this.#clock.monotonic()
    const count = (prefix: string, status: string): void => {
      increase(this.#operations, labels({
        resource, status, transformation_type: direction, transformer_prefix: prefix,
      }))
    }
    return {
      done: (prefix) => {
        count(prefix, 'OK')
        const key = labels({ transformation_type: direction, transformer_prefix: prefix })
        observe(this.#latencies, key, transformBuckets, (this.#clock.monotonic() - begin) / 1000)
      },
      failed: (prefix, error) => count(prefix, codeOf(error)),
    }
  }

  /** A call to a KMS plugin took so long; `code` is gRPC's name for how it ended. */
  kmsCall(provider: string, method: string, code: string, durationMs: number): void {
    const key = labels({ grpc_status_code: code, method_name: method, provider_name: provider })
    observe(this.#kmsLatencies, key, operationBuckets, durationMs / 1000)
  }

  keyUsed(direction: Direction, provider: string, keyId: string): void {
    const key = labels({
      apiserver_id_hash: '', key_id_hash: hashOf(this.#crypto, keyId), provider_name: provider,
      transformation_type: direction,
    })
    const known = this.#keyIds.get(key)
    this.#keyIds.delete(key)
    this.#keyIds.set(key, { count: (known?.count ?? 0) + 1, lastSeconds: this.#clock.now() / 1000 })
    dropOldest(this.#keyIds)
  }

  keyReported(provider: string, keyId: string): void {
    const key = labels({
      apiserver_id_hash: '', key_id_hash: hashOf(this.#crypto, keyId), provider_name: provider,
    })
    this.#statusKeyIds.delete(key)
    this.#statusKeyIds.set(key, this.#clock.now() / 1000)
    dropOldest(this.#statusKeyIds)
  }

  invalidKeyReported(provider: string, problem: 'empty' | 'too_long'): void {
    increase(this.#invalidKeyIds, labels({ error: problem, provider_name: provider }))
  }

  keysCached(provider: string, count: number): void {
    this.#cacheSizes.set(labels({ provider_name: provider }), count)
  }

  keyMissed(): void {
    this.#cacheMisses++
  }

  /** `hash` of the file that is now in force; absent when it could not be read again. */
  reloaded(hash: string | undefined): void {
    const status = hash === undefined ? 'failure' : 'success'
    const count = (this.#reloads.get(status)?.count ?? 0) + 1
    this.#reloads.set(status, { count, lastSeconds: this.#clock.now() / 1000 })
    if (hash !== undefined) this.#configurationHash = hash
  }

  loaded(hash: string): void {
    this.#configurationHash = hash
  }

  render(): string {
    const lines: string[] = []
    counter(lines, 'apiserver_storage_transformation_operations_total', 'Total number of transformations.',
      this.#operations)
    histogram(lines, 'apiserver_storage_transformation_duration_seconds',
      'Latencies in seconds of value transformation operations.', transformBuckets, this.#latencies)
    counter(lines, 'apiserver_storage_envelope_transformation_cache_misses_total',
      'Total number of cache misses while accessing key decryption key(KEK).', new Map([['', this.#cacheMisses]]))
    histogram(lines, 'apiserver_envelope_encryption_kms_operations_latency_seconds',
      'KMS operation duration with gRPC error code status total.', operationBuckets, this.#kmsLatencies)
    counter(lines, 'apiserver_envelope_encryption_key_id_hash_total',
      'Number of times a keyID is used split by transformation type, provider, and apiserver identity.',
      valuesOf(this.#keyIds, ({ count }) => count))
    gauge(lines, 'apiserver_envelope_encryption_key_id_hash_last_timestamp_seconds',
      'The last time in seconds when a keyID was used.', valuesOf(this.#keyIds, ({ lastSeconds }) => lastSeconds))
    gauge(lines, 'apiserver_envelope_encryption_key_id_hash_status_last_timestamp_seconds',
      'The last time in seconds when a keyID was returned by the Status RPC call.', this.#statusKeyIds)
    counter(lines, 'apiserver_envelope_encryption_invalid_key_id_from_status_total',
      'Number of times an invalid keyID is returned by the Status RPC call split by error.', this.#invalidKeyIds)
    gauge(lines, 'apiserver_envelope_encryption_dek_source_cache_size',
      'Number of records in data encryption key (DEK) source cache.', this.#cacheSizes)
    const reloads = new Map([...this.#reloads].map(([status, value]) =>
      [labels({ apiserver_id_hash: '', status }), value] as const))
    counter(lines, 'apiserver_encryption_config_controller_automatic_reloads_total',
      'Total number of reload successes and failures of encryption configuration split by apiserver identity.',
      valuesOf(reloads, ({ count }) => count))
    gauge(lines, 'apiserver_encryption_config_controller_automatic_reload_last_timestamp_seconds',
      'Timestamp of the last successful or failed automatic reload of encryption configuration split by apiserver '
        + 'identity.', valuesOf(reloads, ({ lastSeconds }) => lastSeconds))
    if (this.#configurationHash !== '') {
      gauge(lines, 'apiserver_encryption_config_controller_last_config_info',
        'Information about the last applied encryption configuration with hash as label, split by apiserver identity.',
        new Map([[labels({ apiserver_id_hash: '', hash: this.#configurationHash }), 1]]))
    }
    return `${lines.join('\n')}\n`
  }
}

/** `sha256:…`, or nothing of nothing. */
export function hashOf(crypto: Crypto, text: string | Uint8Array): string {
  if (text.length === 0) return ''
  return `sha256:${hexEncode(crypto.sha256(typeof text === 'string' ? utf8Encode(text) : text))}`
}

function codeOf(error: unknown): string {
  return (error as { readonly rpcCode?: string }).rpcCode ?? 'unknown-non-grpc'
}

function labels(values: Readonly<Record<string, string>>): string {
  return Object.keys(values).map((name) => `${name}=${JSON.stringify(values[name])}`).join(',')
}

function increase(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1)
}

function dropOldest(map: Map<string, unknown>): void {
  if (map.size > maxKeyIds) map.delete(map.keys().next().value!)
}

function observe(map: Map<string, Histogram>, key: string, buckets: readonly number[], seconds: number): void {
  let found = map.get(key)
  if (!found) map.set(key, found = { count: 0, sum: 0, counts: buckets.map(() => 0) })
  found.count++
  found.sum += seconds
  const bucket = buckets.findIndex((limit) => seconds <= limit)
  if (bucket >= 0) found.counts[bucket]!++
}

function valuesOf<Value>(map: ReadonlyMap<string, Value>, pick: (value: Value) => number): Map<string, number> {
  return new Map([...map].map(([key, value]) => [key, pick(value)]))
}

function counter(lines: string[], name: string, help: string, values: ReadonlyMap<string, number>): void {
  simple(lines, name, 'counter', help, values)
}

function gauge(lines: string[], name: string, help: string, values: ReadonlyMap<string, number>): void {
  simple(lines, name, 'gauge', help, values)
}

function simple(
  lines: string[], name: string, type: 'counter' | 'gauge', help: string, values: ReadonlyMap<string, number>,
): void {
  if (values.size > 0) lines.push(...metricLines(name, type, `[ALPHA] ${help}`, values))
}

function histogram(
  lines: string[], name: string, help: string, buckets: readonly number[], values: ReadonlyMap<string, Histogram>,
): void {
  if (values.size === 0) return
  lines.push(`# HELP ${name} [ALPHA] ${help}`, `# TYPE ${name} histogram`)
  for (const [key, { count, sum, counts }] of values) {
    let below = 0
    for (const [index, limit] of buckets.entries()) {
      below += counts[index]!
      lines.push(`${name}_bucket{${key},le="${limit}"} ${below}`)
    }
    lines.push(`${name}_bucket{${key},le="+Inf"} ${count}`, `${name}_sum{${key}} ${sum}`, `${name}_count{${key}} ${count}`)
  }
}
