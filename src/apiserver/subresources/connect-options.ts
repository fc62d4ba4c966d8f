/** What a connection asks for, as the objects that admission is shown: PodExecOptions and its like. */
import type { KubeObject } from '#machinery/meta/object.ts'
import { parseBoolParameter } from '../request-info.ts'

const streamKinds = {
  exec: 'PodExecOptions', attach: 'PodAttachOptions', portForward: 'PodPortForwardOptions',
} as const

/** `container`: the one that was chosen, where none was named. */
export function streamOptions(
  path: keyof typeof streamKinds, values: URLSearchParams, container: string | undefined,
): KubeObject {
  const typed = { kind: streamKinds[path], apiVersion: 'v1' }
  if (path === 'portForward') {
    const ports = values.getAll('ports').flatMap((text) => text.split(',')).map(Number)
    return { ...typed, ...(ports.length > 0 && { ports }) } as KubeObject
  }
  const flags = ['stdin', 'stdout', 'stderr', 'tty'].filter((name) => parseBoolParameter(values.get(name)))
  return {
    ...typed,
    ...Object.fromEntries(flags.map((name) => [name, true])),
    ...(container !== undefined && { container }),
    ...(path === 'exec' && { command: values.getAll('command') }),
  } as KubeObject
}

export function proxyOptions(
  kind: 'PodProxyOptions' | 'ServiceProxyOptions' | 'NodeProxyOptions', path: string,
): KubeObject {
  return { kind, apiVersion: 'v1', path } as KubeObject
}
