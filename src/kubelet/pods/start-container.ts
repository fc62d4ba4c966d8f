/** From an image name to a running container, with upstream's events and waiting reasons on the way. */
import type { ConfigMap, Secret } from '#api/gen/core-v1.ts'
import { utf8Decode, utf8Encode } from '#base/bytes.ts'
import { RuntimeError, type ContainerMount, type SandboxConfig } from '#world/container-runtime.ts'
import { containerConfig } from '../containers/container-config.ts'
import { computeEnvironment, ContainerConfigError, type EnvironmentSources } from '../containers/environment.ts'
import { expandVariables } from '../containers/expansion.ts'
import { runHandler } from '../containers/handlers.ts'
import { renderHostsFile } from '../containers/network-files.ts'
import { parsePullSecret, type RegistryEntry } from '../images/credentials.ts'
import { ImageError, type ReadyImage } from '../images/puller.ts'
import { configMaps, secrets } from '../references.ts'
import type { AnyContainer, ConfigMapObject, ContainerRole, PodObject, SecretObject } from '../types.ts'
import { VolumeError } from '../volumes/payload.ts'
import { bindSubPath } from '../volumes/sub-path.ts'
import type { MountedVolumes } from '../volumes/volumes.ts'
import { podUid } from './identity.ts'
import { latestContainer, type PodAction } from './plan.ts'
import type { PodServices } from './services.ts'

export type StartAction = Extract<PodAction, { type: 'startContainer' }>

/** `reason` and `message` go into the container's waiting state. */
export class StartError extends Error {
  readonly reason: string
  readonly retryAt: number | undefined
  constructor(reason: string, message: string, retryAt?: number) {
    super(message)
    this.name = 'StartError'
    this.reason = reason
    this.retryAt = retryAt
  }
  /** The runtime was asked to create or start it, so there may be a container that nobody has been told of. */
  get isFromRuntime(): boolean {
    return this.reason === 'CreateContainerError' || this.reason === 'RunContainerError'
  }
}

export interface StartInput {
  readonly pod: PodObject
  readonly action: StartAction
  readonly sandboxConfig: SandboxConfig
  readonly volumes: MountedVolumes
  /** Asked for beforehand, while the sandbox was being made. */
  readonly image: Promise<ReadyImage> | undefined
}

/** Pulls the image if need be. Throws StartError. */
export async function ensureImage(
  services: PodServices, pod: PodObject, role: ContainerRole, container: AnyContainer, config: SandboxConfig,
): Promise<ReadyImage> {
  const registries = await pullSecrets(services, pod)
  try {
    return await services.images.ensure({ pod, role, container, sandboxConfig: config, registries })
  } catch (error) {
    throw error instanceof ImageError ? new StartError(error.reason, error.message, error.retryAt) : error
  }
}

/** Throws StartError. The runtime cache knows the container when this returns. */
export async function startContainer(services: PodServices, input: StartInput): Promise<void> {
  const { pod, action } = input
  const { container, role } = action
  const say = (type: 'Normal' | 'Warning', reason: string, message: string): void =>
    services.events.container(pod, role, container.name, type, reason, message)
  try {
    if (action.replaces !== undefined) {
      await services.runtime.removeContainer(action.replaces)
      await services.cache.refreshContainer(action.replaces)
    }
    const id = await createContainer(services, input)
    say('Normal', 'Created', 'Container created')
    await launch(services, input, id, say)
    say('Normal', 'Started', 'Container started')
    await services.cache.refreshContainer(id, action.sandbox.id)
    await runPostStart(services, input, id, say)
  } catch (error) {
    const failure = error instanceof StartError ? error : new StartError('CreateContainerError', describe(error))
    if (!(failure.reason === 'RunContainerError' || failure.reason === 'PostStartHookError')) {
      say('Warning', 'Failed', `Error: ${isImageReason(failure.reason) ? failure.reason : failure.message}`)
    }
    throw failure
  }
}

function isImageReason(reason: string): boolean {
  return ['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName', 'ImageInspectError'].includes(
    reason,
  )
}

async function createContainer(services: PodServices, input: StartInput): Promise<string> {
  const { pod, action, sandboxConfig } = input
  const { container, role, sandbox } = action
  const image = await (input.image ?? ensureImage(services, pod, role, container, sandboxConfig))
  const podIps = sandbox.hostNetwork ? services.hostIps : sandbox.ips
  try {
    const environment = computeEnvironment(container, await environmentSources(services, pod, container, podIps))
    const values = new Map(environment.map(({ name, value }) => [name, value]))
    const config = containerConfig({
      pod, container, restartCount: action.restartCount, image, environment,
      mounts: await makeMounts(services, input, podIps, values),
      machineMemoryBytes: services.machineMemoryBytes, seccompRoot: services.seccompRoot,
      targetId: targetOf(services, pod, container),
    })
    await services.files.makeDirectory(`${sandboxConfig.logDirectory}/${container.name}`, 0o755)
    const id = await services.runtime.createContainer(sandbox.id, config, sandboxConfig)
    return id
  } catch (error) {
    if (error instanceof ContainerConfigError || error instanceof VolumeError) {
      throw new StartError('CreateContainerConfigError', error.message)
    }
    throw error instanceof StartError ? error : new StartError('CreateContainerError', describe(error))
  }
}

async function launch(
  services: PodServices, { action }: StartInput, id: string, say: (type: 'Warning', reason: string, message: string) =>
    void,
): Promise<void> {
  try {
    await services.runtime.startContainer(id)
  } catch (error) {
    say('Warning', 'Failed', `Error: ${describe(error)}`)
    await services.cache.refreshContainer(id, action.sandbox.id)
    throw new StartError('RunContainerError', describe(error))
  }
}

async function runPostStart(
  services: PodServices,
  { pod, action }: StartInput,
  id: string,
  say: (type: 'Warning', reason: string, message: string) => void,
): Promise<void> {
  const hook = action.container.lifecycle?.postStart
  if (!hook) return
  const target = {
    containerId: id, container: action.container, podIp: action.sandbox.ips[0] ?? services.hostIps[0] ?? '',
  }
  const verdict = await runHandler(services.handlers, target, hook, hookTimeoutMs)
  if (verdict.result === 'success') return
  say('Warning', 'FailedPostStartHook', `PostStartHook failed`)
  say('Warning', 'Killing', 'FailedPostStartHook')
  await services.runtime.stopContainer(id, pod.spec?.terminationGracePeriodSeconds ?? 30)
  await services.cache.refreshContainer(id, action.sandbox.id)
  throw new StartError('PostStartHookError', `Exec lifecycle hook failed: ${verdict.output}`)
}

/** Upstream sets no limit to a postStart command; a day keeps a forgotten one from holding a worker for ever. */
const hookTimeoutMs = 24 * 3600 * 1000

async function pullSecrets(services: PodServices, pod: PodObject): Promise<readonly RegistryEntry[]> {
  const found = await Promise.all((pod.spec?.imagePullSecrets ?? []).map(({ name = '' }) =>
    services.references.get<Secret>(podUid(pod), { resource: secrets, namespace: pod.metadata.namespace, name })))
  return found.flatMap((secret) => secret ? parsePullSecret(secret) : [])
}

async function environmentSources(
  services: PodServices, pod: PodObject, container: AnyContainer, podIps: readonly string[],
): Promise<EnvironmentSources> {
  const namespace = pod.metadata.namespace
  const maps = new Map<string, ConfigMapObject>()
  const secretMap = new Map<string, SecretObject>()
  const from = container.envFrom ?? []
  const env = (container.env ?? []).flatMap(({ valueFrom }) => valueFrom ?? [])
  const mapNames = [
    ...from.map(({ configMapRef }) => configMapRef?.name),
    ...env.map(({ configMapKeyRef }) => configMapKeyRef?.name),
  ]
  const secretNames = [
    ...from.map(({ secretRef }) => secretRef?.name),
    ...env.map(({ secretKeyRef }) => secretKeyRef?.name),
  ]
  await Promise.all([
    ...unique(mapNames).map(async (name) => {
      const object = await services.references.get<ConfigMap>(podUid(pod), { resource: configMaps, namespace, name })
      if (object) maps.set(name, object)
    }),
    ...unique(secretNames).map(async (name) => {
      const object = await services.references.get<Secret>(podUid(pod), { resource: secrets, namespace, name })
      if (object) secretMap.set(name, object)
    }),
  ])
  return {
    pod, podIps, hostIps: services.hostIps, services: services.services(), allocatable: services.allocatable(),
    configMap: (name) => maps.get(name), secret: (name) => secretMap.get(name),
  }
}

function unique(names: readonly (string | undefined)[]): string[] {
  return [...new Set(names.filter((name) => name !== undefined))]
}

async function makeMounts(
  services: PodServices,
  { pod, action, volumes }: StartInput,
  podIps: readonly string[],
  environment: ReadonlyMap<string, string>,
): Promise<ContainerMount[]> {
  const { container, restartCount } = action
  const { files, paths } = services
  const uid = podUid(pod)
  const mounts: ContainerMount[] = []
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const volume = volumes.get(mount.name)
    if (!volume) {
      throw new ContainerConfigError(`cannot find volume "${mount.name}" to mount into container "${container.name}"`)
    }
    const subPath = mount.subPathExpr ? expandStrictly(mount.subPathExpr, environment) : mount.subPath ?? ''
    const target = `${paths.podDirectory(uid)}/volume-subpaths/${mount.name}/${container.name}/${index}`
    const hostPath = subPath === '' ? volume.hostPath : await bindSubPath(services, volume.hostPath, subPath, target)
    mounts.push({
      containerPath: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`,
      hostPath, readOnly: (mount.readOnly ?? false) || volume.readOnly, selinuxRelabel: false,
      propagation: mount.mountPropagation === 'Bidirectional' ? 'Bidirectional'
        : mount.mountPropagation === 'HostToContainer' ? 'HostToContainer' : 'Private',
    })
  }
  const isTaken = (path: string): boolean => mounts.some(({ containerPath }) => containerPath === path)
  if (podIps.length > 0 && !isTaken('/etc/hosts')) mounts.push(await hostsMount(services, pod, podIps))
  const messagePath = container.terminationMessagePath ?? '/dev/termination-log'
  if (messagePath !== '' && !isTaken(messagePath)) {
    const directory = paths.containerDirectory(uid, container.name)
    await files.makeDirectory(directory, 0o750)
    const hostPath = `${directory}/${restartCount}`
    await files.write(hostPath, new Uint8Array(), 0o666)
    await files.setMode(hostPath, 0o666)
    mounts.push({
      containerPath: messagePath, hostPath, readOnly: false, propagation: 'Private', selinuxRelabel: false,
    })
  }
  return mounts
}

function expandStrictly(expression: string, environment: ReadonlyMap<string, string>): string {
  return expandVariables(expression, (name) => {
    const value = environment.get(name)
    if (value === undefined) {
      throw new ContainerConfigError(`failed to expand subPath for volumeMount: missing value for "${name}"`)
    }
    return value
  })
}

async function hostsMount(services: PodServices, pod: PodObject, podIps: readonly string[]): Promise<ContainerMount> {
  const { files, paths, sandboxOptions } = services
  const path = paths.hostsFile(podUid(pod))
  const nodeFile = pod.spec?.hostNetwork ? await files.read('/etc/hosts', 1024 * 1024) : undefined
  const nodeText = nodeFile && utf8Decode(nodeFile)
  const text = renderHostsFile(pod, podIps, sandboxOptions.resolver.clusterDomain, nodeText)
  await files.makeDirectory(paths.podDirectory(podUid(pod)), 0o750)
  await files.write(path, utf8Encode(text), 0o644)
  return { containerPath: '/etc/hosts', hostPath: path, readOnly: false, propagation: 'Private', selinuxRelabel: false }
}

function targetOf(services: PodServices, pod: PodObject, container: AnyContainer): string | undefined {
  if (!container.targetContainerName) return undefined
  const target = latestContainer(services.cache.forPod(podUid(pod)), container.targetContainerName)
  if (target?.state !== 'running') {
    throw new StartError(
      'CreateContainerConfigError',
      `unable to find target container ${container.targetContainerName}`,
    )
  }
  return target.id
}

export function describe(error: unknown): string {
  if (error instanceof RuntimeError) return `rpc error: code = ${error.code} desc = ${error.message}`
  return error instanceof Error ? error.message : String(error)
}

