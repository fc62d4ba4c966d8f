/** Encryption at rest of one API server: its configuration, kept up to date, and the store that follows it. */
import { concatBytes } from '#base/bytes.ts'
import { withTaskGroup } from '#base/task-group.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { RpcClient } from '#world/rpc.ts'
import type { ConfigurationFile } from '../configuration-file.ts'
import type { HealthCheck } from '../health.ts'
import { buildTransformers, type BuildMeans, type Transformers } from './build-transformers.ts'
import { parseEncryptionConfiguration } from './configuration.ts'
import { EncryptedStore } from './encrypted-store.ts'
import { EncryptionMetrics, hashOf } from './encryption-metrics.ts'
import type { KeyMeans } from './key-source.ts'
import { ResourceOfKey } from './resources.ts'

export interface EncryptionOptions {
  /** What `--encryption-provider-config` names. */
  readonly file: ConfigurationFile
  readonly kinds: readonly AnyKind[]
  readonly means: KeyMeans
  readonly rpc: RpcClient
  readonly clock: Clock
  readonly log: Log
}

export interface Encryption {
  /** The store as the API server is to see it. Asks plugins for the keys of what is there. */
  storeOver(store: Store): Promise<Store>
  readonly healthChecks: readonly HealthCheck[]
  /** In Prometheus' text format. */
  renderMetrics(): string
  /** Asks KMS plugins for their state and reads the file again when it changes, until aborted. */
  run(signal: AbortSignal): Promise<void>
}

/** How long new plugins may take to become healthy before a changed file is given up. */
const minHealthWaitMs = 10_000
const healthPollMs = 100
const retryMs = 50
const maxRetryMs = 60_000

/** Throws ConfigurationError. A plugin that does not answer yet is no error, as upstream. */
export async function openEncryption(options: EncryptionOptions, signal: AbortSignal): Promise<Encryption> {
  const { file, means, clock } = options
  const metrics = new EncryptionMetrics(clock, means.crypto)
  const log = options.log.named('encryption')
  const build: BuildMeans = { means, rpc: options.rpc, clock, log, metrics }
  const load = async (): Promise<{ readonly hash: string; readonly transformers: Transformers }> => {
    const bytes = await file.read()
    const configuration = parseEncryptionConfiguration(bytes, file.path, file.changes !== undefined)
    return {
      hash: hashOf(means.crypto, concatBytes([bytes])), transformers: buildTransformers(configuration, build),
    }
  }
  const first = await load()
  metrics.loaded(first.hash)
  await Promise.all(first.transformers.kms.map((provider) => provider.check(signal).catch((error: unknown) => {
    log.warn('a KMS plugin is not ready', { error: String(error) })
  })))
  const inForce = { current: first.transformers, hash: first.hash }
  const resources = new ResourceOfKey(options.kinds)
  return {
    async storeOver(store) {
      const encrypted = new EncryptedStore(store, inForce, resources)
      if (inForce.current.kms.length > 0) await encrypted.prepare()
      return encrypted
    },
    healthChecks: healthChecks(inForce, file.changes !== undefined, signal),
    renderMetrics: () => metrics.render(),
    run: (own) => runEncryption({ file, clock, log, metrics, load, inForce }, own),
  }
}

interface InForce {
  current: Transformers
  hash: string
}

interface Running {
  readonly file: ConfigurationFile
  readonly clock: Clock
  readonly log: Log
  readonly metrics: EncryptionMetrics
  readonly load: () => Promise<{ readonly hash: string; readonly transformers: Transformers }>
  readonly inForce: InForce
}

/** One for all plugins; present without any when the file is read again, as upstream. */
function healthChecks(inForce: InForce, isReloaded: boolean, signal: AbortSignal): readonly HealthCheck[] {
  if (!isReloaded && inForce.current.kms.length === 0) return []
  return [{
    name: 'kms-providers', endpoints: ['healthz', 'readyz'], check: () => checkAll(inForce.current, signal),
  }]
}

async function checkAll({ kms }: Transformers, signal: AbortSignal): Promise<void> {
  const failures: string[] = []
  for (const [index, provider] of kms.entries()) {
    try {
      await provider.check(signal)
    } catch (error) {
      failures.push(`kms-provider-${index}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  if (failures.length > 0) throw new Error(failures.length === 1 ? failures[0]! : `[${failures.join(', ')}]`)
}

async function runEncryption(running: Running, signal: AbortSignal): Promise<void> {
  const { inForce, file } = running
  await withTaskGroup(signal, async (group) => {
    /** Ends the probes of transformers that are no longer in force. */
    let stop = new AbortController()
    const probe = (transformers: Transformers): void => {
      stop = new AbortController()
      for (const provider of transformers.kms) {
        group.start((inner) => provider.run(AbortSignal.any([inner, stop.signal])))
      }
    }
    probe(inForce.current)
    if (file.changes) {
      await followFile(running, (next) => {
        const before = inForce.current
        const stopBefore = stop
        inForce.current = next
        probe(next)
        group.start(async (inner) => {
          await running.clock.sleep(before.closeGraceMs, inner).catch(() => undefined)
          stopBefore.abort()
          for (const channel of before.channels) await channel[Symbol.asyncDispose]()
        })
      }, group.signal)
    }
    await group.settled()
  })
  for (const channel of inForce.current.channels) await channel[Symbol.asyncDispose]()
}

/** Tries again, ever more slowly, while the file cannot be used; what was in force stays so. */
async function followFile(
  running: Running, take: (next: Transformers) => void, signal: AbortSignal,
): Promise<void> {
  const { clock, file, inForce, log, metrics } = running
  for await (const _ of file.changes!(signal)) {
    for (let waitMs = retryMs; !signal.aborted; waitMs = Math.min(2 * waitMs, maxRetryMs)) {
      try {
        const { hash, transformers } = await running.load()
        if (hash !== inForce.hash) {
          await waitForHealth(running, transformers, signal)
          take(transformers)
          inForce.hash = hash
          metrics.reloaded(hash)
          log.info('loaded a new encryption configuration', { path: file.path, hash })
        }
        break
      } catch (error) {
        if (signal.aborted) return
        metrics.reloaded(undefined)
        log.error('could not load the encryption configuration', { path: file.path, error: String(error) })
        await clock.sleep(waitMs, signal).catch(() => undefined)
      }
    }
  }
}

async function waitForHealth({ clock }: Running, transformers: Transformers, signal: AbortSignal): Promise<void> {
  const until = clock.monotonic() + Math.max(minHealthWaitMs, transformers.closeGraceMs)
  for (;;) {
    try {
      return await checkAll(transformers, signal)
    } catch (error) {
      if (clock.monotonic() >= until || signal.aborted) {
        const why = error instanceof Error ? error.message : String(error)
        throw new Error(`health check for new transformers failed, polling error timed out: ${why}`, { cause: error })
      }
      await clock.sleep(healthPollMs, signal)
    }
  }
}
