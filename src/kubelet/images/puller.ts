/** Makes sure that a container's image is on the node: pull policies, back-off, credentials, and upstream's events. */
import { millisecondsToDuration } from '#machinery/duration.ts'
import type { Clock } from '#world/clock.ts'
import { RuntimeError, type ContainerRuntime, type Image, type SandboxConfig } from '#world/container-runtime.ts'
import type { PodEvents } from '../events.ts'
import type { AnyContainer, ContainerRole, PodObject } from '../types.ts'
import { credentialsFor, type RegistryEntry } from './credentials.ts'
import { parseImageName } from './names.ts'

export interface ReadyImage {
  /** What the container is created from. */
  readonly reference: string
  readonly image: Image | undefined
}

/** `reason` and `message` are the container's waiting state; before `retryAt` trying again is pointless. */
export class ImageError extends Error {
  readonly reason: string
  readonly retryAt: number | undefined
  constructor(reason: string, message: string, retryAt?: number) {
    super(message)
    this.name = 'ImageError'
    this.reason = reason
    this.retryAt = retryAt
  }
}

export interface ImageRequest {
  readonly pod: PodObject
  readonly role: ContainerRole
  readonly container: AnyContainer
  readonly sandboxConfig: SandboxConfig
  readonly registries: readonly RegistryEntry[]
}

interface Failure {
  readonly delayMs: number
  readonly at: number
  readonly error: string
}

const firstDelayMs = 10_000
const mostDelayMs = 300_000
const failuresMax = 4096

export class ImagePuller {
  readonly #runtime: ContainerRuntime
  readonly #clock: Clock
  readonly #events: PodEvents
  readonly #underway = new Map<string, Promise<string>>()
  readonly #failures = new Map<string, Failure>()

  constructor(runtime: ContainerRuntime, clock: Clock, events: PodEvents) {
    this.#runtime = runtime
    this.#clock = clock
    this.#events = events
  }

  /** Throws ImageError. */
  async ensure(request: ImageRequest): Promise<ReadyImage> {
    const { pod, role, container } = request
    const written = container.image ?? ''
    const say = (type: 'Normal' | 'Warning', reason: string, message: string): void =>
      this.#events.container(pod, role, container.name, type, reason, message)
    const name = parseImageName(written)
    if (name === undefined) {
      const message = `Failed to apply default image tag "${written}": couldn't parse image name "${written}": invalid reference format`
      say('Warning', 'InspectFailed', message)
      throw new ImageError('InvalidImageName', message)
    }
    const present = await this.#inspect(name, written, say)
    const policy = container.imagePullPolicy ?? (name.endsWith(':latest') ? 'Always' : 'IfNotPresent')
    if (present && policy !== 'Always') {
      say('Normal', 'Pulled', `Container image "${written}" already present on machine and can be accessed by the pod`)
      return { reference: present.id, image: present }
    }
    if (policy === 'Never') {
      const message = `Container image "${written}" is not present with pull policy of Never`
      say('Warning', 'ErrImageNeverPull', message)
      throw new ImageError('ErrImageNeverPull', message)
    }
    return await this.#pull(request, name, say)
  }

  async #inspect(
    name: string,
    written: string,
    say: (type: 'Warning', reason: string, message: string) => void,
  ): Promise<Image | undefined> {
    try {
      return await this.#runtime.imageStatus(name)
    } catch (error) {
      const message = `Failed to inspect image "${written}": ${String((error as Error).message)}`
      say('Warning', 'InspectFailed', message)
      throw new ImageError('ImageInspectError', message)
    }
  }

  async #pull(
    request: ImageRequest,
    name: string,
    say: (type: 'Normal' | 'Warning', reason: string, message: string) => void,
  ): Promise<ReadyImage> {
    const written = request.container.image ?? ''
    const key = `${request.pod.metadata.uid}_${written}`
    const failure = this.#failures.get(key)
    const now = this.#clock.now()
    // A failure that is still to come means that the clock was set back.
    if (failure && now >= failure.at && now < failure.at + failure.delayMs) {
      say('Normal', 'BackOff', `Back-off pulling image "${written}"`)
      throw new ImageError(
        'ImagePullBackOff',
        `Back-off pulling image "${written}": ErrImagePull: ${failure.error}`,
        failure.at + failure.delayMs,
      )
    }
    say('Normal', 'Pulling', `Pulling image "${written}"`)
    const begin = this.#clock.monotonic()
    try {
      const reference = await this.#pullOnce(name, request)
      const image = await this.#runtime.imageStatus(reference)
      const took = millisecondsToDuration(Math.trunc(this.#clock.monotonic() - begin))
      say(
        'Normal',
        'Pulled',
        `Successfully pulled image "${written}" in ${took} (${took} including waiting). Image size: ${image?.sizeBytes ?? 0} bytes.`,
      )
      this.#failures.delete(key)
      return { reference: image?.id ?? reference, image }
    } catch (error) {
      const text =
        error instanceof RuntimeError ? `rpc error: code = ${error.code} desc = ${error.message}` : String(error)
      say('Warning', 'Failed', `Failed to pull image "${written}": ${text}`)
      const at = this.#clock.now()
      const isFresh = failure !== undefined && at - failure.at < 2 * mostDelayMs
      this.#remember(key, {
        at,
        error: text,
        delayMs: isFresh ? Math.min(2 * failure.delayMs, mostDelayMs) : firstDelayMs,
      })
      throw new ImageError('ErrImagePull', text)
    }
  }

  /** Pods that want one image at one time share the pull. */
  async #pullOnce(name: string, request: ImageRequest): Promise<string> {
    const candidates = credentialsFor(name, request.registries)
    const key = candidates.length === 0 ? name : `${name} for ${request.pod.metadata.uid}`
    const running = this.#underway.get(key)
    if (running) return await running
    const pull = this.#pullWithAny(name, candidates, request.sandboxConfig)
    this.#underway.set(key, pull)
    try {
      return await pull
    } finally {
      this.#underway.delete(key)
    }
  }

  async #pullWithAny(
    name: string,
    candidates: ReturnType<typeof credentialsFor>,
    sandboxConfig: SandboxConfig,
  ): Promise<string> {
    let last: unknown
    for (const credentials of candidates.length === 0 ? [undefined] : candidates) {
      try {
        return await this.#runtime.pullImage(name, credentials, sandboxConfig)
      } catch (error) {
        last = error
      }
    }
    throw last
  }

  #remember(key: string, failure: Failure): void {
    this.#failures.delete(key)
    this.#failures.set(key, failure)
    const oldest = this.#failures.keys().next()
    if (this.#failures.size > failuresMax && !oldest.done) this.#failures.delete(oldest.value)
  }
}
