/** Makes the sandbox of a pod, or says in an event why there can be none. */
import type { RuntimeClass } from '#api/gen/node-v1.ts'
import type { SandboxConfig } from '#world/container-runtime.ts'
import type { PodObject } from '../types.ts'
import type { PodServices } from './services.ts'
import { describe } from './start-container.ts'

/** Rejects with what hinders it now: the network is not there yet, or user namespaces are asked for. */
export function refuseSandbox({ events, isNetworkReady }: PodServices, pod: PodObject): void {
  if (!pod.spec?.hostNetwork && !isNetworkReady()) {
    const message = 'network is not ready: container runtime network not ready: NetworkReady=false'
    events.pod(pod, 'Warning', 'NetworkNotReady', message)
    throw new Error(message)
  }
  if (pod.spec?.hostUsers === false) {
    const message = 'can\'t set `spec.hostUsers: false`, runtime does not support user namespaces'
    events.pod(pod, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${message}`)
    throw new Error(message)
  }
}

export async function createSandbox(services: PodServices, pod: PodObject, config: SandboxConfig): Promise<void> {
  const { runtime, cache, events, client } = services
  try {
    const handler = await runtimeHandler(client, pod)
    const id = await runtime.runSandbox(config, handler)
    await cache.refreshSandbox(id)
  } catch (error) {
    events.pod(pod, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${describe(error)}`)
    // A sandbox may have been made and not been told: the list knows.
    await cache.relist()
    throw error
  }
}

async function runtimeHandler(client: PodServices['client'], pod: PodObject): Promise<string> {
  const name = pod.spec?.runtimeClassName
  if (!name) return ''
  const runtimeClass = await client
    .resource<RuntimeClass>({ group: 'node.k8s.io', version: 'v1', resource: 'runtimeclasses' })
    .get(name)
  return runtimeClass.handler
}
