/** world/container-runtime over CRI v1: containerd (1.6 and newer) on a unix socket. */
import {
  RuntimeError,
  type ContainerRuntime,
  type RegistryCredentials,
  type RuntimeFilter,
} from '#world/container-runtime.ts'
import {
  fromContainer,
  fromContainerStats,
  fromContainerStatus,
  fromImage,
  fromSandbox,
  fromSandboxStatus,
  toContainerConfig,
  toResources,
  toSandboxConfig,
} from './convert.ts'
import { runtimeEvents } from './events.ts'
import type { AuthConfig } from './gen/cri-schema.ts'
import { rpcClient } from '../rpc/client.ts'
import { answerBytesMax, criMethods, defaultTimeoutMs } from './methods.ts'

/** Upstream lets a pull go on as long as it makes progress; a day is as good as that and still ends. */
const pullTimeoutMs = 24 * 3600 * 1000
const sandboxTimeoutMs = 240_000

/** Connects at the first call. The endpoint is a unix socket's path, with or without `unix://`. */
export function createContainerRuntime(endpoint: string): ContainerRuntime & AsyncDisposable {
  const target = { url: `unix://${endpoint.replace(/^unix:\/\//, '')}`, messageBytesMax: answerBytesMax }
  const channel = rpcClient.open(target)
  // Events have a connection of their own: a stream that never ends must not hold calls up, nor be lost with them.
  const eventChannel = rpcClient.open(target)
  const { runtime, image } = criMethods(channel)
  return {
    async version() {
      const { runtimeName = '', runtimeVersion = '' } = await runtime('Version', {})
      return { name: runtimeName, version: runtimeVersion.replace(/^v/, '').split(/[ ~]/)[0] ?? '' }
    },
    async conditions() {
      const { status } = await runtime('Status', {}, 10_000)
      return (status?.conditions ?? []).map(({ type = '', status: value = false, reason = '', message = '' }) => ({
        type,
        status: value,
        reason,
        message,
      }))
    },
    async setPodCidr(podCidr) {
      await runtime('UpdateRuntimeConfig', { runtimeConfig: { networkConfig: { podCidr } } })
    },

    async runSandbox(config, runtimeHandler) {
      const { podSandboxId = '' } = await runtime(
        'RunPodSandbox',
        { config: toSandboxConfig(config), runtimeHandler },
        sandboxTimeoutMs,
      )
      return podSandboxId
    },
    async stopSandbox(podSandboxId) {
      await shimMayEnd(() => absentIsFine(runtime('StopPodSandbox', { podSandboxId }, sandboxTimeoutMs)))
    },
    async removeSandbox(podSandboxId) {
      // Removal of a sandbox that still runs is refused by some runtimes.
      await shimMayEnd(() => absentIsFine(runtime('StopPodSandbox', { podSandboxId }, sandboxTimeoutMs)))
      await absentIsFine(runtime('RemovePodSandbox', { podSandboxId }, sandboxTimeoutMs))
    },
    async sandboxStatus(podSandboxId) {
      const answer = await absentIsFine(runtime('PodSandboxStatus', { podSandboxId }))
      return answer?.status && fromSandboxStatus(answer.status)
    },
    async listSandboxes(filter) {
      const { items = [] } = await runtime('ListPodSandbox', {
        filter: { ...(filter.id && { id: filter.id }), ...labelsOf(filter) },
      })
      return items.map(fromSandbox)
    },

    async createContainer(podSandboxId, config, sandboxConfig) {
      const { containerId = '' } = await runtime('CreateContainer', {
        podSandboxId, config: toContainerConfig(config), sandboxConfig: toSandboxConfig(sandboxConfig),
      })
      return containerId
    },
    async startContainer(containerId) {
      await runtime('StartContainer', { containerId })
    },
    async stopContainer(containerId, graceSeconds) {
      const timeoutMs = graceSeconds * 1000 + defaultTimeoutMs
      await shimMayEnd(() => absentIsFine(runtime('StopContainer', { containerId, timeout: graceSeconds }, timeoutMs)))
    },
    async removeContainer(containerId) {
      await absentIsFine(runtime('RemoveContainer', { containerId }))
    },
    async containerStatus(containerId) {
      const answer = await absentIsFine(runtime('ContainerStatus', { containerId }))
      return answer?.status && fromContainerStatus(answer.status)
    },
    async listContainers(filter) {
      const { containers = [] } = await runtime('ListContainers', { filter: containerFilter(filter) })
      return containers.map(fromContainer)
    },
    async updateContainerResources(containerId, resources) {
      await runtime('UpdateContainerResources', { containerId, linux: toResources(resources) })
    },
    async reopenLog(containerId) {
      await runtime('ReopenContainerLog', { containerId })
    },

    async execSync(containerId, command, timeoutSeconds) {
      const {
        stdout = new Uint8Array(),
        stderr = new Uint8Array(),
        exitCode = 0,
      } = await runtime(
        'ExecSync',
        { containerId, cmd: [...command], timeout: timeoutSeconds },
        timeoutSeconds === 0 ? 0 : timeoutSeconds * 1000 + 5000,
      )
      return { stdout, stderr, exitCode }
    },
    async execUrl({ containerId, command, tty, stdin, stdout, stderr }) {
      return urlOf(await runtime('Exec', { containerId, cmd: [...command], tty, stdin, stdout, stderr }))
    },
    async attachUrl({ containerId, tty, stdin, stdout, stderr }) {
      return urlOf(await runtime('Attach', { containerId, tty, stdin, stdout, stderr }))
    },
    async portForwardUrl(podSandboxId, ports) {
      return urlOf(await runtime('PortForward', { podSandboxId, port: [...ports] }))
    },

    async containerStats(filter) {
      const { stats = [] } = await runtime('ListContainerStats', { filter: containerFilter(filter) })
      return stats.map(fromContainerStats)
    },
    events: (signal) => runtimeEvents(eventChannel, signal),

    async listImages() {
      const { images = [] } = await image('ListImages', {})
      return images.map(fromImage)
    },
    async imageStatus(name) {
      const { image: found } = await image('ImageStatus', { image: { image: name } })
      return found && fromImage(found)
    },
    async pullImage(name, credentials, sandboxConfig) {
      const { imageRef = '' } = await image(
        'PullImage',
        {
          image: { image: name },
          ...(credentials && { auth: toAuth(credentials) }),
          sandboxConfig: toSandboxConfig(sandboxConfig),
        },
        pullTimeoutMs,
      )
      return imageRef
    },
    async removeImage(name) {
      await absentIsFine(image('RemoveImage', { image: { image: name } }))
    },
    async imageFilesystem() {
      const { imageFilesystems = [] } = await image('ImageFsInfo', {})
      const first = imageFilesystems[0]
      return (
        first && {
          mountpoint: first.fsId?.mountpoint ?? '',
          usedBytes: Number(first.usedBytes?.value ?? 0),
          inodesUsed: Number(first.inodesUsed?.value ?? 0),
        }
      )
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([channel[Symbol.asyncDispose](), eventChannel[Symbol.asyncDispose]()])
    },
  }
}

/**
 * A container that ends by itself in this very instant takes its shim with it, and the call that was on its way there
 * fails: again, then.
 */
async function shimMayEnd<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof RuntimeError && error.message.includes('ttrpc: closed')) return await call()
    throw error
  }
}

async function absentIsFine<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (error instanceof RuntimeError && error.code === 'NotFound') return undefined
    throw error
  }
}

function labelsOf({ labels }: RuntimeFilter): { labelSelector?: Record<string, string> } {
  return labels ? { labelSelector: { ...labels } } : {}
}

function containerFilter(filter: RuntimeFilter) {
  return {
    ...(filter.id && { id: filter.id }),
    ...(filter.sandboxId && { podSandboxId: filter.sandboxId }),
    ...labelsOf(filter),
  }
}

function urlOf({ url }: { url?: string }): string {
  if (!url) throw new RuntimeError('Internal', 'the runtime gave no URL for the stream')
  return url
}

function toAuth(credentials: RegistryCredentials): AuthConfig {
  return { ...credentials }
}
