/** Containers in descriptions of pods and pod templates. */
import type { CommandContext } from '../command.ts'
import { at, isObject, listAt, numberAt, sortedEntries, textAt, textsAt, type Json } from '../fields.ts'
import { formatDate, writeAnnotations, writeLabels, writeTolerations, writeValues } from './common.ts'
import { writeVolumes } from './volumes.ts'
import type { Description } from './writer.ts'

/** `pod` is what field references are looked up in; undefined in a template. */
export function writeContainers(
  context: CommandContext, description: Description, title: string, containers: readonly unknown[], statuses: readonly unknown[],
  pod: Json | undefined, space: string,
): void {
  description.line(0, `${space}${title}:${containers.length === 0 ? ' <none>' : ''}`)
  for (const container of containers) {
    const status = statuses.find((candidate) => textAt(candidate, 'name') === textAt(container, 'name'))
    writeBasics(description, container, status, space)
    writeLines(description, 'Command', listAt(container, 'command'))
    writeLines(description, 'Args', listAt(container, 'args'))
    if (status !== undefined) writeState(context, description, status)
    writeResources(description, 2, at(container, 'resources'))
    for (const [name, field] of [['Liveness', 'livenessProbe'], ['Readiness', 'readinessProbe'], ['Startup', 'startupProbe']] as const) {
      const probe = at(container, field)
      if (probe !== undefined) description.line(2, `${name}:\t${formatProbe(probe)}`)
    }
    writeEnvironmentSources(description, listAt(container, 'envFrom'))
    writeEnvironment(description, container, pod)
    writeMounts(description, container)
  }
}

function writeBasics(description: Description, container: unknown, status: unknown, space: string): void {
  description.line(1, `${space === '' ? '' : ' '}${textAt(container, 'name')}:`)
  if (status !== undefined) description.line(2, `Container ID:\t${textAt(status, 'containerID')}`)
  description.line(2, `Image:\t${textAt(container, 'image')}`)
  if (status !== undefined) description.line(2, `Image ID:\t${textAt(status, 'imageID')}`)
  const ports = formatPorts(listAt(container, 'ports'), 'containerPort')
  description.line(2, ports.includes(',') ? `Ports:\t${ports}` : `Port:\t${ports || '<none>'}`)
  const hostPorts = formatPorts(listAt(container, 'ports'), 'hostPort')
  description.line(2, hostPorts.includes(',') ? `Host Ports:\t${hostPorts}` : `Host Port:\t${hostPorts || '<none>'}`)
  const profile = at(container, 'securityContext', 'seccompProfile')
  if (profile !== undefined) {
    description.line(2, `SeccompProfile:\t${textAt(profile, 'type')}`)
    if (textAt(profile, 'type') === 'Localhost') description.line(3, `LocalhostProfile:\t${textAt(profile, 'localhostProfile')}`)
  }
}

function formatPorts(ports: readonly unknown[], field: 'containerPort' | 'hostPort'): string {
  return ports.map((port) => {
    const name = textAt(port, 'name')
    return `${numberAt(port, field)}/${textAt(port, 'protocol')}${name === '' ? '' : ` (${name})`}`
  }).join(', ')
}

function writeLines(description: Description, title: string, words: readonly unknown[]): void {
  if (words.length === 0) return
  description.line(2, `${title}:`)
  for (const word of words) for (const line of String(word).split('\n')) description.line(3, line)
}

function writeState(context: CommandContext, description: Description, status: unknown): void {
  writeOneState(context, description, 'State', at(status, 'state'))
  if (at(status, 'lastState', 'terminated') !== undefined) writeOneState(context, description, 'Last State', at(status, 'lastState'))
  description.line(2, `Ready:\t${at(status, 'ready') === true ? 'True' : 'False'}`)
  description.line(2, `Restart Count:\t${numberAt(status, 'restartCount')}`)
}

function writeOneState(context: CommandContext, description: Description, title: string, state: unknown): void {
  const terminated = at(state, 'terminated')
  if (at(state, 'running') !== undefined) {
    description.line(2, `${title}:\tRunning`)
    description.line(3, `Started:\t${formatDate(context, textAt(state, 'running', 'startedAt'))}`)
  } else if (terminated !== undefined) {
    description.line(2, `${title}:\tTerminated`)
    description.optional(3, 'Reason', textAt(terminated, 'reason'))
    description.optional(3, 'Message', textAt(terminated, 'message'))
    description.line(3, `Exit Code:\t${numberAt(terminated, 'exitCode')}`)
    description.optional(3, 'Signal', numberAt(terminated, 'signal'))
    description.line(3, `Started:\t${formatDate(context, textAt(terminated, 'startedAt'))}`)
    description.line(3, `Finished:\t${formatDate(context, textAt(terminated, 'finishedAt'))}`)
  } else {
    description.line(2, `${title}:\tWaiting`)
    description.optional(3, 'Reason', textAt(state, 'waiting', 'reason'))
  }
}

export function writeResources(description: Description, level: number, resources: unknown): void {
  for (const [title, field] of [['Limits', 'limits'], ['Requests', 'requests']] as const) {
    const amounts = sortedEntries(textsAt(resources, field))
    if (amounts.length > 0) description.line(level, `${title}:`)
    for (const [name, amount] of amounts) description.line(level + 1, `${name}:\t${amount}`)
  }
}

function formatProbe(probe: unknown): string {
  const seconds = (name: string): string => `${numberAt(probe, name)}`
  const numbers = `delay=${seconds('initialDelaySeconds')}s timeout=${seconds('timeoutSeconds')}s period=${seconds('periodSeconds')}s ` +
    `#success=${seconds('successThreshold')} #failure=${seconds('failureThreshold')}`
  if (at(probe, 'exec') !== undefined) return `exec [${listAt(probe, 'exec', 'command').join(' ')}] ${numbers}`
  if (at(probe, 'httpGet') !== undefined) {
    const [host, port] = [textAt(probe, 'httpGet', 'host'), textAt(probe, 'httpGet', 'port')]
    const where = `${host.includes(':') ? `[${host}]` : host}${port === '' ? '' : `:${port}`}`
    const path = textAt(probe, 'httpGet', 'path')
    return `http-get ${textAt(probe, 'httpGet', 'scheme').toLowerCase()}://${where}${path === '' || path.startsWith('/') ? path : `/${path}`} ${numbers}`
  }
  if (at(probe, 'tcpSocket') !== undefined) return `tcp-socket ${textAt(probe, 'tcpSocket', 'host')}:${textAt(probe, 'tcpSocket', 'port')} ${numbers}`
  if (at(probe, 'grpc') !== undefined) return `grpc <pod>:${numberAt(probe, 'grpc', 'port')} ${textAt(probe, 'grpc', 'service')} ${numbers}`
  return `unknown ${numbers}`
}

function writeEnvironmentSources(description: Description, sources: readonly unknown[]): void {
  if (sources.length === 0) return
  description.line(2, 'Environment Variables from:')
  for (const source of sources) {
    const [kind, reference] = at(source, 'configMapRef') !== undefined ? ['ConfigMap', at(source, 'configMapRef')] as const : ['Secret', at(source, 'secretRef')] as const
    const prefix = textAt(source, 'prefix')
    description.line(3, `${textAt(reference, 'name')}\t${kind}${prefix === '' ? '' : ` with prefix '${prefix}'`}\tOptional: ${at(reference, 'optional') === true}`)
  }
}

function writeEnvironment(description: Description, container: unknown, pod: Json | undefined): void {
  const variables = listAt(container, 'env')
  description.line(2, `Environment:${variables.length === 0 ? '\t<none>' : ''}`)
  for (const variable of variables) {
    const name = textAt(variable, 'name')
    const source = at(variable, 'valueFrom')
    if (source === undefined) {
      textAt(variable, 'value').split('\n').forEach((line, index) => description.line(3, `${index === 0 ? `${name}:` : ''}\t${line}`))
    } else description.line(3, `${name}:\t${formatSource(container, source, pod)}`)
  }
}

function formatSource(container: unknown, source: unknown, pod: Json | undefined): string {
  const optional = (reference: unknown): string => `Optional: ${at(reference, 'optional') === true}`
  const field = at(source, 'fieldRef')
  if (field !== undefined) return `${pod ? fieldValue(pod, textAt(field, 'fieldPath')) : ''} (${textAt(field, 'apiVersion')}:${textAt(field, 'fieldPath')})`
  const resource = at(source, 'resourceFieldRef')
  if (resource !== undefined) {
    const name = textAt(resource, 'resource')
    const [list = '', key = ''] = name.split('.')
    const amount = textAt(container, 'resources', list, key) || '0'
    return `${amount === '0' && (name === 'limits.cpu' || name === 'limits.memory') ? 'node allocatable' : amount} (${name})`
  }
  const secret = at(source, 'secretKeyRef')
  if (secret !== undefined) return `<set to the key '${textAt(secret, 'key')}' in secret '${textAt(secret, 'name')}'>\t${optional(secret)}`
  const configMap = at(source, 'configMapKeyRef')
  return `<set to the key '${textAt(configMap, 'key')}' of config map '${textAt(configMap, 'name')}'>\t${optional(configMap)}`
}

/** The text under `metadata.name`, `metadata.labels['a']`, `status.podIP` and the like. */
function fieldValue(pod: Json, path: string): string {
  const keyed = /^(.*)\['(.*)'\]$/.exec(path)
  if (keyed) return textAt(pod, ...keyed[1]!.split('.'), keyed[2]!)
  const found = at(pod, ...path.split('.'))
  if (path === 'status.podIPs' || path === 'status.hostIPs') return listAt(pod, ...path.split('.')).map((entry) => textAt(entry, 'ip')).join(',')
  if (isObject(found)) return sortedEntries(found).map(([key, value]) => `${key}=${JSON.stringify(value)}`).join('\n')
  return textAt(pod, ...path.split('.'))
}

function writeMounts(description: Description, container: unknown): void {
  const byPath = (field: string) => (a: unknown, b: unknown): number => textAt(a, field) < textAt(b, field) ? -1 : 1
  const mounts = listAt(container, 'volumeMounts').toSorted(byPath('mountPath'))
  description.line(2, `Mounts:${mounts.length === 0 ? '\t<none>' : ''}`)
  for (const mount of mounts) {
    const subPath = textAt(mount, 'subPath')
    const flags = [at(mount, 'readOnly') === true ? 'ro' : 'rw', ...(subPath === '' ? [] : [`path=${JSON.stringify(subPath)}`])]
    description.line(3, `${textAt(mount, 'mountPath')} from ${textAt(mount, 'name')} (${flags.join(',')})`)
  }
  const devices = listAt(container, 'volumeDevices').toSorted(byPath('devicePath'))
  if (devices.length === 0) return
  description.line(2, 'Devices:')
  for (const device of devices) description.line(3, `${textAt(device, 'devicePath')} from ${textAt(device, 'name')}`)
}

export function writePodTemplate(context: CommandContext, description: Description, template: unknown): void {
  description.line(0, 'Pod Template:')
  writeLabels(description, '  Labels', textsAt(template, 'metadata', 'labels'))
  const annotations = textsAt(template, 'metadata', 'annotations')
  if (Object.keys(annotations).length > 0) writeAnnotations(description, '  Annotations', annotations)
  description.optional(1, 'Service Account', textAt(template, 'spec', 'serviceAccountName'))
  const init = listAt(template, 'spec', 'initContainers')
  if (init.length > 0) writeContainers(context, description, 'Init Containers', init, [], undefined, '  ')
  writeContainers(context, description, 'Containers', listAt(template, 'spec', 'containers'), [], undefined, '  ')
  writeVolumes(description, listAt(template, 'spec', 'volumes'), '  ')
  writeSpread(description, listAt(template, 'spec', 'topologySpreadConstraints'), '  ')
  description.optional(1, 'Priority Class Name', textAt(template, 'spec', 'priorityClassName'))
  writeLabels(description, '  Node-Selectors', textsAt(template, 'spec', 'nodeSelector'))
  writeTolerations(description, '  Tolerations', listAt(template, 'spec', 'tolerations'))
}

export function writeSpread(description: Description, constraints: readonly unknown[], space: string): void {
  if (constraints.length === 0) return
  const sorted = constraints.toSorted((a, b) => textAt(a, 'topologyKey') < textAt(b, 'topologyKey') ? -1 : 1)
  writeValues(description, `${space}Topology Spread Constraints`, sorted.map((constraint) => {
    const labels = sortedEntries(textsAt(constraint, 'labelSelector', 'matchLabels')).map(([key, value]) => `${key}=${value}`).join(',')
    return `${textAt(constraint, 'topologyKey')}:${textAt(constraint, 'whenUnsatisfiable')} when max skew ${numberAt(constraint, 'maxSkew')} is exceeded` +
      (at(constraint, 'labelSelector') === undefined ? '' : ` for selector ${labels || '<none>'}`)
  }))
}
