/** A container runtime that runs nothing: a state machine over a clock, whose containers follow scripts. */
import { AsyncQueue } from '#base/async-queue.ts'
import { utf8Encode } from '#base/bytes.ts'
import type { Clock, Timer } from '#world/clock.ts'
import {
  RuntimeError,
  type Container,
  type ContainerConfig,
  type ContainerRuntime,
  type ContainerStatus,
  type Image,
  type LinuxResources,
  type RuntimeEvent,
  type RuntimeFilter,
  type Sandbox,
  type SandboxConfig,
  type SandboxStatus,
} from '#world/container-runtime.ts'
import type { Files } from '#world/files.ts'
import type { Random } from '#world/random.ts'
import { PodAddresses } from './pod-addresses.ts'
import { defaultCatalog, type ContainerScript, type ImageCatalog } from './script.ts'

export interface SimulatedRuntimeOptions {
  readonly clock: Clock
  readonly random: Random
  /** Logs and termination messages are written there; absent: nowhere. */
  readonly files?: Files
  readonly catalog?: ImageCatalog
  readonly preloaded?: readonly string[]
  /** Where pods' addresses come from; its own 10.88.0.0/16 by default. */
  readonly addresses?: PodAddresses
  /** How long a call of that name takes. Default: no time. */
  readonly latencyMs?: (verb: string) => number
  /** Makes a call fail, before it has done anything. */
  readonly fault?: (verb: string, count: number) => RuntimeError | undefined
}

/** What tests may do to it beside. */
export interface SimulatedRuntime extends ContainerRuntime {
  /** Ends a running container as if by itself. */
  exit(containerId: string, exitCode: number, reason?: string): void
  /** Ends every event stream with an error, as a runtime does that restarts. */
  dropEvents(): void
  setNetworkReady(isReady: boolean): void
  /** What a container was created with, or updated to. */
  resourcesOf(containerId: string): LinuxResources
  readonly calls: ReadonlyMap<string, number>
  /** What it has, without a call that could fail. */
  containers(): readonly Container[]
}

interface SimulatedContainer {
  readonly config: ContainerConfig
  readonly logDirectory: string
  status: ContainerStatus
  readonly sandboxId: string
  readonly script: ContainerScript
  timer: Timer | undefined
  resources: LinuxResources
}

interface SimulatedSandbox {
  readonly config: SandboxConfig
  status: SandboxStatus
}

const eventsMax = 10_000

export function createSimulatedRuntime(options: SimulatedRuntimeOptions): SimulatedRuntime {
  const { clock, random, files, catalog = defaultCatalog, fault, latencyMs } = options
  const sandboxes = new Map<string, SimulatedSandbox>()
  const containers = new Map<string, SimulatedContainer>()
  const images = new Map<string, Image>()
  const listeners = new Set<AsyncQueue<RuntimeEvent>>()
  const calls = new Map<string, number>()
  let isNetworkReady = true
  const addresses = options.addresses ?? new PodAddresses('10.88.0.0/16')

  const newId = (): string => [...random.bytes(32)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const tell = (event: RuntimeEvent): void => { for (const listener of listeners) listener.push(event) }
  for (const name of options.preloaded ?? []) putImage(name)

  /** Every call passes here: counted, delayed, perhaps failed. */
  async function enter(verb: string): Promise<void> {
    const count = (calls.get(verb) ?? 0) + 1
    calls.set(verb, count)
    const delay = latencyMs?.(verb) ?? 0
    if (delay > 0) await clock.sleep(delay)
    const error = fault?.(verb, count)
    if (error) throw error
  }

  function container(id: string): SimulatedContainer {
    const found = containers.get(id)
    if (!found) throw new RuntimeError('NotFound', `an error occurred when try to find container "${id}": not found`)
    return found
  }

  function putImage(name: string): Image {
    const script = catalog(name)
    const image: Image = {
      id: `sha256:${hashOf(name)}`, tags: [name], digests: [], sizeBytes: script?.sizeBytes ?? 1_000_000,
      uid: script?.uid, username: '', pinned: false,
    }
    images.set(image.id, image)
    return image
  }

  function findImage(name: string): Image | undefined {
    const known = images.get(name) ?? [...images.values()].find(({ tags }) => tags.includes(name))
    return known ?? (catalog(name)?.preloaded ? putImage(name) : undefined)
  }

  function end(target: SimulatedContainer, exitCode: number, reason: string): void {
    if (target.status.state !== 'running') return
    target.timer?.cancel()
    target.status = { ...target.status, state: 'exited', exitCode, reason, finishedAt: clock.now() }
    const mount = target.config.mounts.find(({ hostPath }) => hostPath.includes('/containers/'))
    const written = target.script.terminationMessage !== undefined && mount && files
      ? files.write(mount.hostPath, utf8Encode(target.script.terminationMessage), 0o666) : Promise.resolve()
    void written.then(() => tell({ type: 'exited', id: target.status.id }))
  }

  async function stop(target: SimulatedContainer, graceSeconds: number): Promise<void> {
    if (target.status.state !== 'running') return
    const patience = graceSeconds * 1000
    const needed = target.script.stopsAfterMs ?? 0
    await clock.sleep(Math.min(patience, needed))
    end(target, needed <= patience ? 143 : 137, 'Error')
  }

  async function log(target: SimulatedContainer, lines: readonly string[]): Promise<void> {
    if (!files) return
    const path = `${target.logDirectory}/${target.config.logPath}`
    const time = `${new Date(clock.now()).toISOString().slice(0, 23)}000000Z`
    await files.write(path, utf8Encode(lines.map((line) => `${time} stdout F ${line}\n`).join('')), 0o640)
  }

  function stopSandboxNow(id: string): void {
    const sandbox = sandboxes.get(id)
    if (!sandbox?.status.ready) return
    for (const target of containers.values()) if (target.sandboxId === id) end(target, 137, 'Error')
    sandbox.status = { ...sandbox.status, ready: false }
    for (const address of sandbox.status.ips) addresses.release(address)
    tell({ type: 'exited', id })
  }

  return {
    calls,
    exit: (id, exitCode, reason = exitCode === 0 ? 'Completed' : 'Error') => end(container(id), exitCode, reason),
    dropEvents() {
      for (const listener of listeners) listener.fail(new RuntimeError('Unavailable', 'the runtime went away'))
      listeners.clear()
    },
    containers: () => [...containers.values()].map(({ status, sandboxId }) => ({ ...status, sandboxId })),
    resourcesOf: (id) => container(id).resources,
    setNetworkReady(isReady) { isNetworkReady = isReady },
    async version() {
      await enter('version')
      return { name: 'simulated', version: '1.0.0' }
    },
    async conditions() {
      await enter('conditions')
      return [
        { type: 'RuntimeReady', status: true, reason: '', message: '' },
        {
          type: 'NetworkReady',
          status: isNetworkReady,
          reason: isNetworkReady ? '' : 'NetworkPluginNotReady',
          message: isNetworkReady ? '' : 'cni plugin not initialized',
        },
      ]
    },
    setPodCidr: () => enter('setPodCidr'),

    async runSandbox(config) {
      await enter('runSandbox')
      const id = newId()
      const hostNetwork = config.security.namespaces.network === 'node'
      const { name, uid, namespace, attempt, labels, annotations } = config
      if ([...sandboxes.values()].some(({ status }) => status.uid === uid && status.attempt === attempt)) {
        throw new RuntimeError(
          'AlreadyExists',
          `failed to reserve sandbox name "${name}_${namespace}_${uid}_${attempt}"`,
        )
      }
      sandboxes.set(id, {
        config,
        status: {
          id,
          name,
          uid,
          namespace,
          attempt,
          labels,
          annotations,
          ready: true,
          createdAt: clock.now(),
          runtimeHandler: '',
          hostNetwork,
          ips: hostNetwork ? [] : [addresses.take()],
        },
      })
      return id
    },
    async stopSandbox(id) {
      await enter('stopSandbox')
      stopSandboxNow(id)
    },
    async removeSandbox(id) {
      await enter('removeSandbox')
      stopSandboxNow(id)
      for (const [key, target] of containers) if (target.sandboxId === id) containers.delete(key)
      if (sandboxes.delete(id)) tell({ type: 'removed', id })
    },
    async sandboxStatus(id) {
      await enter('sandboxStatus')
      return sandboxes.get(id)?.status
    },
    async listSandboxes(filter) {
      await enter('listSandboxes')
      return [...sandboxes.values()].map(({ status }): Sandbox => status).filter((item) => matches(filter, item))
    },

    async createContainer(sandboxId, config, sandboxConfig) {
      await enter('createContainer')
      const sandbox = sandboxes.get(sandboxId)
      if (!sandbox) throw new RuntimeError('NotFound', `failed to find sandbox id "${sandboxId}": not found`)
      const image = images.get(config.image)
      if (!image) throw new RuntimeError('NotFound', `failed to get image "${config.image}": not found`)
      const clash = [...containers.values()].some((other) =>
        other.config.name === config.name && other.config.attempt === config.attempt && other.sandboxId === sandboxId)
      if (clash) {
        throw new RuntimeError(
          'Unknown',
          `failed to reserve container name "${config.name}_${config.attempt}": name is reserved`,
        )
      }
      const id = newId()
      const tag = image.tags[0] ?? config.image
      const script = catalog(tag)?.container?.(config) ?? {}
      containers.set(id, {
        config,
        sandboxId,
        script,
        timer: undefined,
        resources: config.resources,
        logDirectory: sandboxConfig.logDirectory,
        status: {
          id,
          name: config.name,
          attempt: config.attempt,
          image: tag,
          imageRef: image.id,
          state: 'created',
          createdAt: clock.now(),
          labels: config.labels,
          annotations: config.annotations,
          startedAt: 0,
          finishedAt: 0,
          exitCode: 0,
          reason: '',
          message: '',
          mounts: config.mounts,
          logPath: `${sandboxConfig.logDirectory}/${config.logPath}`,
          user: undefined,
        },
      })
      return id
    },
    async startContainer(id) {
      await enter('startContainer')
      const target = container(id)
      if (target.status.state !== 'created') {
        throw new RuntimeError('FailedPrecondition', `container is in ${target.status.state} state`)
      }
      const { startError, exitsAfterMs, exitCode = 0, reason, output = [] } = target.script
      const now = clock.now()
      if (startError !== undefined) {
        target.status = {
          ...target.status,
          state: 'exited',
          startedAt: now,
          finishedAt: now,
          exitCode: 128,
          reason: 'StartError',
          message: startError,
        }
        throw new RuntimeError('Unknown', startError)
      }
      target.status = { ...target.status, state: 'running', startedAt: now }
      await log(target, output)
      tell({ type: 'started', id })
      if (exitsAfterMs === undefined) return
      target.timer = clock.schedule(exitsAfterMs, () =>
        end(target, exitCode, reason ?? (exitCode === 0 ? 'Completed' : 'Error')))
    },
    async stopContainer(id, graceSeconds) {
      await enter('stopContainer')
      const target = containers.get(id)
      if (target) await stop(target, graceSeconds)
    },
    async removeContainer(id) {
      await enter('removeContainer')
      const target = containers.get(id)
      if (!target) return
      end(target, 137, 'Error')
      containers.delete(id)
      tell({ type: 'removed', id })
    },
    async containerStatus(id) {
      await enter('containerStatus')
      return containers.get(id)?.status
    },
    async listContainers(filter) {
      await enter('listContainers')
      return [...containers.values()]
        .map(({ status, sandboxId }) => ({ ...status, sandboxId }))
        .filter((item) => matches(filter, item))
    },
    async updateContainerResources(id, resources) {
      await enter('updateContainerResources')
      container(id).resources = resources
    },
    reopenLog: () => enter('reopenLog'),

    async execSync(id, command) {
      await enter('execSync')
      const target = container(id)
      if (target.status.state !== 'running') {
        throw new RuntimeError('Unknown', `container is in ${target.status.state} state`)
      }
      const answer = target.script.exec?.(command) ?? { exitCode: 0 }
      return {
        exitCode: answer.exitCode, stdout: utf8Encode(answer.stdout ?? ''), stderr: utf8Encode(answer.stderr ?? ''),
      }
    },
    execUrl: () => Promise.reject(noStreams()),
    attachUrl: () => Promise.reject(noStreams()),
    portForwardUrl: () => Promise.reject(noStreams()),

    async containerStats(filter) {
      await enter('containerStats')
      return [...containers.values()]
        .filter(({ status, sandboxId }) => status.state === 'running' && matches(filter, { ...status, sandboxId }))
        .map(({ status }) => ({
          id: status.id,
          name: status.name,
          labels: status.labels,
          timestamp: clock.now(),
          cpuUsageNanoseconds: Math.round((clock.now() - status.startedAt) * 10_000),
          memoryWorkingSetBytes: 8 * 2 ** 20,
          memoryUsageBytes: 10 * 2 ** 20,
          memoryRssBytes: 6 * 2 ** 20,
          pageFaults: 0,
          majorPageFaults: 0,
          writableLayerBytes: 4096,
          writableLayerInodes: 4,
        }))
    },
    async *events(signal) {
      await enter('events')
      const queue = new AsyncQueue<RuntimeEvent>(eventsMax)
      listeners.add(queue)
      const stopListening = (): void => queue.end()
      signal.addEventListener('abort', stopListening, { once: true })
      try {
        yield { type: 'connected' }
        if (!signal.aborted) yield* queue
      } finally {
        signal.removeEventListener('abort', stopListening)
        listeners.delete(queue)
      }
    },

    async listImages() {
      await enter('listImages')
      return [...images.values()]
    },
    async imageStatus(name) {
      await enter('imageStatus')
      return findImage(name)
    },
    async pullImage(name) {
      await enter('pullImage')
      const script = catalog(name)
      if (!script) {
        throw new RuntimeError(
          'NotFound',
          `failed to pull and unpack image "${name}": failed to resolve reference "${name}": not found`,
        )
      }
      if (script.pullMs) await clock.sleep(script.pullMs)
      if (script.pullError !== undefined) throw new RuntimeError('Unknown', script.pullError)
      return (findImage(name) ?? putImage(name)).id
    },
    async removeImage(name) {
      await enter('removeImage')
      const image = findImage(name)
      if (image) images.delete(image.id)
    },
    async imageFilesystem() {
      await enter('imageFilesystem')
      return { mountpoint: '/var/lib/containerd', usedBytes: 1_000_000 * images.size, inodesUsed: 100 * images.size }
    },
  }
}

function matches(
  filter: RuntimeFilter, item: { id: string; sandboxId?: string; labels: Readonly<Record<string, string>> },
): boolean {
  if (filter.id !== undefined && filter.id !== item.id) return false
  if (filter.sandboxId !== undefined && filter.sandboxId !== item.sandboxId) return false
  return Object.entries(filter.labels ?? {}).every(([key, value]) => item.labels[key] === value)
}

function noStreams(): RuntimeError {
  return new RuntimeError('Unimplemented', 'simulated containers have no streams')
}

/** 64 hexadecimal digits that depend on the text: eight rounds of 32-bit FNV-1a. */
function hashOf(text: string): string {
  let result = ''
  for (let round = 0; round < 8; round++) {
    let hash = 0x811c9dc5 ^ round
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
    result += hash.toString(16).padStart(8, '0')
  }
  return result
}
