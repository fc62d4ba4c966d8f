/** The flags of auditing, with upstream's names, defaults and complaints (upstream: server/options/audit.go). */
import { ConfigurationError } from '../configuration-file.ts'
import { FlagReader, type FlagValues } from '../flag-values.ts'
import type { BatchLimits, TruncateLimits } from './backend.ts'

export interface AuditOptions {
  readonly policyFile: string
  readonly log: LogOptions | undefined
  readonly webhook: WebhookOptions | undefined
}

export interface BackendOptions {
  readonly mode: 'batch' | 'blocking' | 'blocking-strict'
  readonly batch: BatchLimits
  readonly truncate: TruncateLimits | undefined
}

export interface LogOptions extends BackendOptions {
  /** `-` is standard output. */
  readonly path: string
  readonly format: 'json' | 'legacy'
  readonly rotation: RotationOptions
}

export interface RotationOptions {
  /** Megabytes; 0: a hundred. */
  readonly maxMegabytes: number
  /** How many files that were put aside are kept; 0: all. */
  readonly maxBackups: number
  /** Days that they are kept; 0: for ever. */
  readonly maxDays: number
  readonly compress: boolean
}

export interface WebhookOptions extends BackendOptions {
  readonly configFile: string
  readonly initialBackoffMs: number
}

const modes = ['batch', 'blocking', 'blocking-strict'] as const
const formats = ['legacy', 'json'] as const
const bufferSize = 10_000
const eventVersion = 'audit.k8s.io/v1'

/** Undefined: nothing is audited, as there is no policy. Throws ConfigurationError. */
export function readAuditOptions(values: FlagValues): AuditOptions | undefined {
  const flags = new FlagReader(values)
  const log = flags.text('audit-log-path') === undefined ? undefined : readLogOptions(flags)
  const webhook = flags.text('audit-webhook-config-file') === undefined ? undefined : readWebhookOptions(flags)
  const policyFile = flags.text('audit-policy-file')
  return policyFile === undefined || !(log || webhook) ? undefined : { policyFile, log, webhook }
}

function readLogOptions(flags: FlagReader): LogOptions {
  const backend = readBackendOptions(flags, 'log', {
    mode: 'blocking', batch: { bufferSize, maxBatchSize: 1, maxWaitMs: 0, throttle: undefined, maxInFlight: 1 },
  })
  const format = flags.text('audit-log-format') ?? 'json'
  if (!isOneOf(formats, format)) {
    throw new ConfigurationError(`invalid audit log format ${format}, allowed formats are "${formats.join(',')}"`)
  }
  const count = (name: string): number => {
    const value = flags.number(name, 0)
    if (value < 0) throw new ConfigurationError(`--${name} ${value} can't be a negative number`)
    return value
  }
  return {
    ...backend, format, path: flags.text('audit-log-path')!,
    rotation: {
      maxDays: count('audit-log-maxage'), maxBackups: count('audit-log-maxbackup'),
      maxMegabytes: count('audit-log-maxsize'), compress: flags.switch('audit-log-compress', false),
    },
  }
}

function readWebhookOptions(flags: FlagReader): WebhookOptions {
  return {
    ...readBackendOptions(flags, 'webhook', {
      mode: 'batch',
      batch: {
        bufferSize, maxBatchSize: 400, maxWaitMs: 30_000, throttle: { qps: 10, burst: 15 }, maxInFlight: 64,
      },
    }),
    configFile: flags.text('audit-webhook-config-file')!,
    initialBackoffMs: flags.duration('audit-webhook-initial-backoff', 10_000),
  }
}

function readBackendOptions(
  flags: FlagReader, plugin: 'log' | 'webhook', otherwise: Pick<BackendOptions, 'mode' | 'batch'>,
): BackendOptions {
  const prefix = `audit-${plugin}`
  const mode = flags.text(`${prefix}-mode`) ?? otherwise.mode
  if (!isOneOf(modes, mode)) {
    throw new ConfigurationError(`invalid audit ${plugin} mode ${mode}, allowed modes are "${modes.join(',')}"`)
  }
  const version = flags.text(`${prefix}-version`) ?? eventVersion
  if (version !== eventVersion) {
    throw new ConfigurationError(`invalid group version, allowed versions are ["${eventVersion}"]`)
  }
  return {
    mode, batch: readBatchLimits(flags, plugin, mode === 'batch', otherwise.batch),
    truncate: readTruncateLimits(flags, plugin),
  }
}

function readBatchLimits(flags: FlagReader, plugin: string, isUsed: boolean, otherwise: BatchLimits): BatchLimits {
  const prefix = `audit-${plugin}-batch`
  const positive = (value: number, what: string): number => {
    if (!isUsed || value > 0) return value
    throw new ConfigurationError(`invalid audit batch ${plugin} ${what} ${value}, must be a positive number`)
  }
  const isThrottled = flags.switch(`${prefix}-throttle-enable`, otherwise.throttle !== undefined)
  return {
    bufferSize: positive(flags.number(`${prefix}-buffer-size`, otherwise.bufferSize), 'buffer size'),
    maxBatchSize: positive(flags.number(`${prefix}-max-size`, otherwise.maxBatchSize), 'max batch size'),
    maxWaitMs: flags.duration(`${prefix}-max-wait`, otherwise.maxWaitMs),
    throttle: isThrottled ? {
      qps: positive(flags.number(`${prefix}-throttle-qps`, otherwise.throttle?.qps ?? 0), 'throttle QPS'),
      burst: positive(flags.number(`${prefix}-throttle-burst`, otherwise.throttle?.burst ?? 0), 'throttle burst'),
    } : undefined,
    maxInFlight: otherwise.maxInFlight,
  }
}

function readTruncateLimits(flags: FlagReader, plugin: string): TruncateLimits | undefined {
  const prefix = `audit-${plugin}-truncate`
  const maxEventBytes = flags.number(`${prefix}-max-event-size`, 100 * 1024)
  const maxBatchBytes = flags.number(`${prefix}-max-batch-size`, 10 * 1024 * 1024)
  if (maxEventBytes <= 0) {
    throw new ConfigurationError(
      `invalid audit truncate ${plugin} max event size ${maxEventBytes}, must be a positive number`)
  }
  if (maxBatchBytes < maxEventBytes) {
    throw new ConfigurationError(`invalid audit truncate ${plugin} max batch size ${maxBatchBytes}, `
      + `must be greater than max event size (${maxEventBytes})`)
  }
  return flags.switch(`${prefix}-enabled`, false) ? { maxEventBytes, maxBatchBytes } : undefined
}

function isOneOf<T extends string>(values: readonly T[], value: string): value is T {
  return (values as readonly string[]).includes(value)
}
