/** What a container is created from: the pod's words, with everything that they refer to filled in. Pure. */
import type { ContainerConfig, ContainerMount } from '#world/container-runtime.ts'
import type { ReadyImage } from '../images/puller.ts'
import { annotation, containerHash, containerLabels, containerLogPath } from '../pods/identity.ts'
import type { AnyContainer, PodObject } from '../types.ts'
import { expandVariables } from './expansion.ts'
import { containerResources } from './resources.ts'
import { containerSecurity } from './security.ts'

export interface ContainerConfigInput {
  readonly pod: PodObject
  readonly container: AnyContainer
  readonly restartCount: number
  readonly image: ReadyImage
  readonly environment: readonly { readonly name: string; readonly value: string }[]
  readonly mounts: readonly ContainerMount[]
  readonly machineMemoryBytes: number
  readonly seccompRoot: string
  /** The id of the container whose processes an ephemeral container joins. */
  readonly targetId: string | undefined
}

/** Throws ContainerConfigError when the security context and the image contradict each other. */
export function containerConfig(input: ContainerConfigInput): ContainerConfig {
  const { pod, container, restartCount, image, environment } = input
  const values = new Map(environment.map(({ name, value }) => [name, value]))
  const expand = (text: string): string => expandVariables(text, (name) => values.get(name))
  return {
    name: container.name,
    attempt: restartCount,
    image: image.reference,
    userSpecifiedImage: container.image ?? '',
    command: (container.command ?? []).map(expand),
    args: (container.args ?? []).map(expand),
    workingDir: container.workingDir ?? '',
    environment,
    mounts: input.mounts,
    devices: [],
    labels: containerLabels(pod, container),
    annotations: containerAnnotations(pod, container, restartCount),
    logPath: containerLogPath(container.name, restartCount),
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    resources: containerResources(pod, container, input.machineMemoryBytes),
    security: containerSecurity(pod, container, { uid: image.image?.uid, username: image.image?.username ?? '' }, {
      seccompRoot: input.seccompRoot, targetId: input.targetId,
    }),
  }
}

/** A later kubelet process reads these instead of remembering. */
function containerAnnotations(pod: PodObject, container: AnyContainer, restartCount: number): Record<string, string> {
  const { metadata: { deletionGracePeriodSeconds }, spec } = pod
  return {
    [annotation.containerHash]: containerHash(container),
    [annotation.restartCount]: String(restartCount),
    [annotation.terminationMessagePath]: container.terminationMessagePath ?? '/dev/termination-log',
    [annotation.terminationMessagePolicy]: container.terminationMessagePolicy ?? 'File',
    ...(deletionGracePeriodSeconds !== undefined && {
      [annotation.podDeletionGracePeriod]: String(deletionGracePeriodSeconds),
    }),
    ...(spec?.terminationGracePeriodSeconds !== undefined && {
      [annotation.podTerminationGracePeriod]: String(spec.terminationGracePeriodSeconds),
    }),
    ...(container.lifecycle?.preStop && { [annotation.preStopHandler]: JSON.stringify(container.lifecycle.preStop) }),
    ...(container.ports && container.ports.length > 0 && { [annotation.ports]: JSON.stringify(container.ports) }),
  }
}
