/**
 * Envelope encryption with a KMS plugin, version 2 (upstream: kmsv2/envelope.go and encryptionconfig's probes;
 * KEP-3299): the plugin encrypts one seed, and each value has a key derived from it, so writing needs no call and
 * reading one call for each seed.
 */
import { utf8Encode } from '#base/bytes.ts'
import { formatTime } from '#machinery/time.ts'
import { encode } from '#storage/etcd/messages/message-type.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import { hashOf, type EncryptionMetrics } from './encryption-metrics.ts'
import {
  decodeEncryptedObject, decryptWithSource, encryptWithSeed, identityOfSource, keyIdProblem, secretProblem, seedLength,
  sourceProblem, type KeyMeans,
} from './key-source.ts'
import { encryptedObject, sourceType, type KeySource, type StatusResponse } from './kms-messages.ts'
import type { KmsService } from './kms-service.ts'
import { KeyPending, TransformError, type Decrypted, type Place, type Transformer } from './transformer.ts'

export interface KmsProviderOptions {
  readonly name: string
  readonly service: KmsService
  readonly means: KeyMeans
  readonly clock: Clock
  readonly log: Log
  readonly metrics: EncryptionMetrics
}

/** Upstream's: how often a healthy and an ailing plugin are asked, and how long writing goes on without an answer. */
const healthyIntervalMs = 60_000
const ailingIntervalMs = 10_000
const writeTtlMs = 180_000
/** For how long an answer of the plugin is good enough for health checks. */
const healthyAnswerMs = 20_000
const ailingAnswerMs = 3_000
/** Decrypted seeds that are kept: one for each change of key and start of a server. */
const maxSecrets = 10_000

/** With what is written now. */
interface WriteState {
  readonly source: KeySource
  readonly seed: Uint8Array
  /** Wall-clock time in milliseconds. */
  readonly expiresAt: number
}

export class KmsProvider implements Transformer {
  readonly #options: KmsProviderOptions
  #state: WriteState | undefined
  #version: string | undefined
  #lastCheck: { readonly at: number; readonly failure: Error | undefined } | undefined
  #checking: Promise<void> | undefined
  readonly #secrets = new Map<string, Uint8Array>()
  readonly #fetches = new Map<string, Promise<void>>()

  constructor(options: KmsProviderOptions) {
    this.#options = options
  }

  encrypt(plaintext: Uint8Array, place: Place): Uint8Array {
    const { clock, means, metrics, name } = this.#options
    const { source, seed, expiresAt } = this.#currentState()
    const now = clock.now()
    if (now > expiresAt) {
      throw new TransformError(
        `encryptedDEKSource with keyID hash ${JSON.stringify(this.#hash(source.keyId))} expired at `
          + `${formatTime(expiresAt)} (current time is ${formatTime(now)})`,
      )
    }
    metrics.keyUsed('to_storage', name, source.keyId)
    const encryptedData = encryptWithSeed(means, seed, plaintext, place.authenticated)
    return encode(encryptedObject, { ...source, encryptedData })
  }

  decrypt(stored: Uint8Array, place: Place): Decrypted {
    const { means, metrics, name } = this.#options
    const object = decodeEncryptedObject(stored)
    this.#currentState()
    const identity = identityOfSource(object)
    const secret = this.#secrets.get(identity)
    if (!secret) throw new KeyPending(this.#fetch(identity, object))
    metrics.keyUsed('from_storage', name, object.keyId)
    const { plaintext } = decryptWithSource(
      means, object.sourceType, secret, object.encryptedData, place.authenticated,
    )
    const { keyId } = object
    const isSeed = object.sourceType === sourceType.hkdfSeed
    return { plaintext, isStale: () => !isSeed || keyId !== this.#state?.source.keyId }
  }

  /** Throws when the plugin does not answer as it should; asks it no more often than upstream. */
  async check(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const last = this.#lastCheck
    if (last && clock.monotonic() - last.at < (last.failure ? ailingAnswerMs : healthyAnswerMs)) {
      if (last.failure) throw last.failure
      return
    }
    // Those who ask at the same time get the same answer.
    this.#checking ??= this.#ask(signal).finally(() => { this.#checking = undefined })
    await this.#checking
  }

  /** Keeps the key for writing up to date until aborted. The first answer should have been waited for with `check`. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, name } = this.#options
    while (!signal.aborted) {
      const isHealthy = this.#state !== undefined && !this.#lastCheck?.failure
      try {
        await clock.sleep(isHealthy ? healthyIntervalMs : ailingIntervalMs, signal)
        await this.check(signal)
      } catch (error) {
        if (signal.aborted) return
        log.warn('a KMS plugin failed its probe', { name, error: String(error) })
      }
    }
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const { clock, name, service } = this.#options
    let failure: Error | undefined
    try {
      const status = await service.status(signal).catch((error: unknown) => {
        throw new TransformError(
          `failed to perform status section of the healthz check for KMS Provider ${name}, error: ${messageOf(error)}`,
        )
      })
      await this.#take(status, signal)
    } catch (error) {
      failure = error as Error
    }
    this.#lastCheck = { at: clock.monotonic(), failure }
    if (failure) throw failure
  }

  async #take(status: StatusResponse, signal: AbortSignal): Promise<void> {
    const { metrics, name } = this.#options
    const problems: string[] = []
    if (status.healthz !== 'ok') problems.push(`got unexpected healthz status: ${status.healthz}`)
    if (status.version !== 'v2' && status.version !== 'v2beta1') {
      problems.push(`expected KMSv2 API version v2, got ${status.version}`)
    } else {
      this.#version ??= status.version
      if (this.#version !== status.version) {
        problems.push('KMSv2 API version should not change after the initial status response version '
          + `${this.#version}, got ${status.version}`)
      }
    }
    const keyProblem = keyIdProblem(status.keyId)
    if (keyProblem) {
      metrics.invalidKeyReported(name, keyProblem.code)
      problems.push(
        `got invalid KMSv2 KeyID hash ${JSON.stringify(this.#hash(status.keyId))}: ${keyProblem.message}`,
      )
    } else {
      metrics.keyReported(name, status.keyId)
      const problem = await this.#rotate(status.keyId, signal)
      if (problem !== undefined) problems.push(problem)
    }
    if (problems.length === 0) return
    const all = problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`
    throw new TransformError(`kmsv2 Provider ${name} is not healthy, error: ${all}`)
  }

  /** Keeps the seed while the plugin's key is the same, and makes a new one for a new key. Gives why it could not. */
  async #rotate(keyId: string, signal: AbortSignal): Promise<string | undefined> {
    const { clock, log, means, name, service } = this.#options
    const state = this.#state
    // Measured from before the call, so that nothing is written for longer than promised.
    const expiresAt = clock.now() + writeTtlMs
    if (state?.source.keyId === keyId) {
      this.#state = { ...state, expiresAt }
      return undefined
    }
    const uid = means.random.uuid()
    const seed = means.random.bytes(seedLength)
    let made: KeySource | undefined
    let problem: string | undefined
    try {
      const { ciphertext, keyId: madeWith, annotations } = await service.encrypt(uid, seed, signal)
      const source: KeySource = {
        keyId: madeWith, encryptedSource: Uint8Array.from(ciphertext), sourceType: sourceType.hkdfSeed,
        annotations: annotations.map(({ key, value }) => ({ key, value: Uint8Array.from(value) })),
      }
      problem = sourceProblem(source)
      if (problem === undefined) made = source
    } catch (error) {
      problem = `failed to encrypt DEK, error: ${messageOf(error)}`
    }
    if (made && made.keyId === keyId) {
      this.#state = { source: made, seed, expiresAt }
      this.#keep(identityOfSource(made), seed)
      log.info('took a new key for writing', { provider: name, keyIdHash: this.#hash(keyId) })
      return undefined
    }
    return `failed to rotate DEK uid=${JSON.stringify(uid)}, useSeed=true, `
      + `errState=${state ? '<nil>' : noState}, errGen=${problem ?? '<nil>'}, `
      + `statusKeyIDHash=${this.#quotedHash(keyId)}, encryptKeyIDHash=${this.#quotedHash(made?.keyId ?? '')}, `
      + `stateKeyIDHash=${this.#quotedHash(state?.source.keyId ?? '')}, `
      + `expirationTimestamp=${state ? formatTime(state.expiresAt) : '0001-01-01T00:00:00Z'}`
  }

  #currentState(): WriteState {
    if (!this.#state) throw new TransformError(noState)
    return this.#state
  }

  /** One call for all who wait for the same source. */
  #fetch(identity: string, object: KeySource): Promise<void> {
    const underWay = this.#fetches.get(identity)
    if (underWay) return underWay
    // A copy: what was decoded is a view of stored bytes.
    const source: KeySource = {
      keyId: object.keyId, encryptedSource: Uint8Array.from(object.encryptedSource), sourceType: object.sourceType,
      annotations: object.annotations.map(({ key, value }) => ({ key, value: Uint8Array.from(value) })),
    }
    const fetched = this.#fetchSecret(identity, source).finally(() => this.#fetches.delete(identity))
    this.#fetches.set(identity, fetched)
    return fetched
  }

  async #fetchSecret(identity: string, source: KeySource): Promise<void> {
    const { means, metrics, service } = this.#options
    metrics.keyMissed()
    let secret: Uint8Array
    try {
      secret = await service.decrypt(means.random.uuid(), source, never)
    } catch (error) {
      throw new TransformError(
        `failed to decrypt DEK, error: ${messageOf(error)}`, error instanceof TransformError ? error.rpcCode : undefined,
      )
    }
    const problem = secretProblem(source.sourceType, secret)
    if (problem !== undefined) throw new TransformError(problem)
    this.#keep(identity, secret)
  }

  #keep(identity: string, secret: Uint8Array): void {
    this.#secrets.set(identity, secret)
    if (this.#secrets.size > maxSecrets) this.#secrets.delete(this.#secrets.keys().next().value!)
    this.#options.metrics.keysCached(this.#options.name, this.#secrets.size)
  }

  #hash(keyId: string): string {
    return hashOf(this.#options.means.crypto, utf8Encode(keyId))
  }

  #quotedHash(keyId: string): string {
    return JSON.stringify(this.#hash(keyId))
  }
}

const noState = 'got unexpected nil transformer'
/** Calls have a limit of time, and what they fetch is good for whoever asks next. */
const never = new AbortController().signal

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
