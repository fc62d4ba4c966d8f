/** Puts auditing together, as the flags say: policy, backends, and what is wrapped around them. */
import type { Clock } from '#world/clock.ts'
import type { HttpClient } from '#world/http.ts'
import type { Log } from '#world/log.ts'
import type { Output } from '#world/output.ts'
import type { Random } from '#world/random.ts'
import { explainFailure } from '../configuration-file.ts'
import type { FlagValues } from '../flag-values.ts'
import { readWebhookTarget } from '../remote-webhook.ts'
import { AuditMetrics } from './audit-metrics.ts'
import { readAuditOptions, type BackendOptions, type LogOptions } from './audit-options.ts'
import { Auditor } from './auditor.ts'
import { BatchingBackend, ignoreFailures, truncateEvents, uniteBackends, type AuditBackend } from './backend.ts'
import { logBackend } from './log-backend.ts'
import { parseAuditPolicy } from './policy-file.ts'
import { webhookBackend } from './webhook-backend.ts'

export interface AuditMeans {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly http: HttpClient
  readonly readFile: (path: string) => Promise<Uint8Array>
  readonly openOutput: (options: Pick<LogOptions, 'path' | 'rotation'>) => Promise<Output>
}

/** Undefined: the flags want no auditing. Throws ConfigurationError; a file that cannot be read rejects. */
export async function openAuditor(flags: FlagValues, means: AuditMeans): Promise<Auditor | undefined> {
  const options = readAuditOptions(flags)
  if (!options) return undefined
  const log = means.log.named('audit')
  const { clock, random, http } = means
  const metrics = new AuditMetrics()
  const policy = await explainFailure('loading audit policy file', async () =>
    parseAuditPolicy(await means.readFile(options.policyFile), (problem) => {
      log.warn('the audit policy has errors that are ignored', { problem })
    }))
  const backends: AuditBackend[] = []
  const wrap = (backend: AuditBackend, how: BackendOptions): void => {
    const inMode = how.mode === 'blocking-strict' ? backend
      : how.mode === 'blocking' ? ignoreFailures(backend)
      : new BatchingBackend(backend, how.batch, clock, log, metrics)
    backends.push(how.truncate ? truncateEvents(inMode, how.truncate, log, metrics) : inMode)
  }
  if (options.log) {
    wrap(logBackend(await means.openOutput(options.log), options.log.format, log, metrics), options.log)
  }
  if (options.webhook) {
    const { configFile, initialBackoffMs } = options.webhook
    const target = await explainFailure('initializing audit webhook', () =>
      readWebhookTarget(configFile, means.readFile, http, clock))
    wrap(webhookBackend({ target, clock, random, log, metrics, initialBackoffMs }), options.webhook)
  }
  return new Auditor({ policy, backend: uniteBackends(backends), metrics, clock })
}
