/** `/containerLogs/<namespace>/<pod>/<container>`: what a container has written. */
import type { HttpResponse } from '#world/http.ts'
import { parseLogOptions } from '../logs/options.ts'
import { readLog } from '../logs/read.ts'
import { podUid } from '../pods/identity.ts'
import { text, type KubeletExchange } from './exchange.ts'
import { findContainer, findPod } from './find.ts'

export async function serveLogs({ kubelet, parts, query, request }: KubeletExchange): Promise<HttpResponse> {
  const [namespace = '', podName = '', containerName = ''] = parts
  if (podName === '') return text(400, '{"message": "Missing podID."}')
  if (containerName === '') return text(400, '{"message": "Missing container name."}')
  const options = parseLogOptions(query, kubelet.services.clock.now())
  if (typeof options === 'string') return text(422, options)
  const pod = findPod(kubelet, namespace, podName)
  if (!pod) return text(404, `pod "${podName}" does not exist\n`)
  const { container, statuses } = findContainer(kubelet, pod, containerName)
  if (!container) return text(404, `container "${containerName}" not found in pod "${podName}"\n`)
  const started = statuses.filter((status) => status.state !== 'created')
  // While a container waits for its next start, the one that ended last is the previous one.
  const status = options.previous
    ? (started[1] ?? (statuses[0]?.state === 'exited' ? started[0] : undefined))
    : started[0]
  if (!status) {
    if (options.previous) {
      return text(400, `previous terminated container "${containerName}" in pod "${podName}" not found`)
    }
    return text(
      400,
      `container "${containerName}" in pod "${podName}" is waiting to start: ${waitingReason(pod, containerName)}`,
    )
  }
  const { cache, files } = kubelet.services
  const uid = podUid(pod)
  const source = {
    files, path: status.logPath,
    isRunning: () => cache.container(status.id)?.state === 'running',
    onChange: (callback: () => void) => cache.subscribe((changed) => { if (changed === uid) callback() }),
  }
  return {
    status: 200, headers: { 'content-type': 'text/plain' },
    body: { type: 'stream', chunks: readLog(source, options, request.signal) },
  }
}

function waitingReason(pod: Parameters<typeof findContainer>[1], name: string): string {
  const all = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []),
    ...(pod.status?.ephemeralContainerStatuses ?? []),
  ]
  const waiting = all.find((status) => status.name === name)?.state?.waiting
  if (waiting?.reason === 'ErrImagePull' || waiting?.reason === 'ImagePullBackOff') {
    return 'trying and failing to pull image'
  }
  return waiting?.reason ?? 'ContainerCreating'
}
