/** Containers in descriptions of pods and pod templates. */
import type { CommandContext } from '../command.ts'
import { at, isObject, listAt, numberAt, sortedEntries, textAt, textsAt, type Json } from '../fields.ts'
import { formatDate, writeAnnotations, writeLabels, writeTolerations, writeValues } from './common.ts'
import { writeVolumes } from './volumes.ts'
import type { Description } from './writer.ts'

/** `pod` is what field references are looked up in; undefined in a template. */
export function writeContainers(
  context: CommandContext, description: Description, title: string, containers: readonly unknown[],
  statuses: readonly unknown[], pod: Json | undefined, space: string,
): void {
  description.line(0, `${space}${title}:${containers.length === 0 ? ' <none>' : ''}`)
  for (const container of containers) {
    const status = statuses.find((candidate) => textAt(candidate, 'name') === textAt(container, 'name'))
    writeBasics(description, container, status, space)
    writeLines(description, 'Command', listAt(container, 'command'))
    writeLines(description, 'Args', listAt(container, 'args'))
    if (status !== undefined) writeState(context, description, status)
    writeResources(description, 2, at(container, 'resources'))
    for (const name of ['Liveness', 'Readiness', 'Startup']) {
      const probe = at(container, `${name.toLowerCase()}Probe`)
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
    const type = textAt(profile, 'type')
    description.line(2, `SeccompProfile:\t${type}`)
    if (type === 'Localhost') description.line(3, `LocalhostProfile:\t${textAt(profile, 'localhostProfile')}`)
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
  const last = at(status, 'lastState')
  if (at(last, 'terminated') !== undefined) writeOneState(context, description, 'Last State', last)
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
  const number = (name: string): number => numberAt(probe, name)
  const [delay, timeout, period] = [number('initialDelaySeconds'), number('timeoutSeconds'), number('periodSeconds')]
  const pace = `delay=${delay}s timeout=${timeout}s period=${period}s`
  return `${formatHandler(probe)} ${pace} #success=${number('successThreshold')} #failure=${number('failureThreshold')}`
}

function formatHandler(probe: unknown): string {
  const [exec, httpGet, tcpSocket, grpc] = ['exec', 'httpGet', 'tcpSocket', 'grpc'].map((field) => at(probe, field))
  if (exec !== undefined) return `exec [${listAt(exec, 'command').join(' ')}]`
  if (httpGet !== undefined) {
    const [host, port, path] = [textAt(httpGet, 'host'), textAt(httpGet, 'port'), textAt(httpGet, 'path')]
    const where = `${host.includes(':') ? `[${host}]` : host}${port === '' ? '' : `:${port}`}`
    const rooted = path === '' || path.startsWith('/') ? path : `/${path}`
    return `http-get ${textAt(httpGet, 'scheme').toLowerCase()}://${where}${rooted}`
  }
  if (tcpSocket !== undefined) return `tcp-socket ${textAt(tcpSocket, 'host')}:${textAt(tcpSocket, 'port')}`
  if (grpc !== undefined) return `grpc <pod>:${numberAt(grpc, 'port')} ${textAt(grpc, 'service')}`
  return 'unknown'
}

function writeEnvironmentSources(description: Description, sources: readonly unknown[]): void {
  if (sources.length === 0) return
  description.line(2, 'Environment Variables from:')
  for (const source of sources) {
    const configMap = at(source, 'configMapRef')
    const kind = configMap === undefined ? 'Secret' : 'ConfigMap'
    const reference = configMap ?? at(source, 'secretRef')
    const prefix = textAt(source, 'prefix')
    const what = prefix === '' ? kind : `${kind} with prefix '${prefix}'`
    description.line(3, `${textAt(reference, 'name')}\t${what}\t${formatOptional(reference)}`)
  }
}

function writeEnvironment(description: Description, container: unknown, pod: Json | undefined): void {
  const variables = listAt(container, 'env')
  description.line(2, `Environment:${variables.length === 0 ? '\t<none>' : ''}`)
  for (const variable of variables) {
    const name = textAt(variable, 'name')
    const source = at(variable, 'valueFrom')
    if (source === undefined) {
      for (const [index, line] of textAt(variable, 'value').split('\n').entries()) {
        description.line(3, `${index === 0 ? `${name}:` : ''}\t${line}`)
      }
    } else description.line(3, `${name}:\t${formatSource(container, source, pod)}`)
  }
}

function formatOptional(reference: unknown): string {
  return `Optional: ${at(reference, 'optional') === true}`
}

function formatKey(reference: unknown, owner: string): string {
  const [key, name] = [textAt(reference, 'key'), textAt(reference, 'name')]
  return `<set to the key '${key}' ${owner} '${name}'>\t${formatOptional(reference)}`
}

function formatSource(container: unknown, source: unknown, pod: Json | undefined): string {
  const field = at(source, 'fieldRef')
  if (field !== undefined) {
    const path = textAt(field, 'fieldPath')
    return `${pod ? fieldValue(pod, path) : ''} (${textAt(field, 'apiVersion')}:${path})`
  }
  const resource = at(source, 'resourceFieldRef')
  if (resource !== undefined) {
    const name = textAt(resource, 'resource')
    const [list = '', key = ''] = name.split('.')
    const amount = textAt(container, 'resources', list, key) || '0'
    const isOfNode = amount === '0' && (name === 'limits.cpu' || name === 'limits.memory')
    return `${isOfNode ? 'node allocatable' : amount} (${name})`
  }
  const secret = at(source, 'secretKeyRef')
  if (secret !== undefined) return formatKey(secret, 'in secret')
  return formatKey(at(source, 'configMapKeyRef'), 'of config map')
}

/** The text under `metadata.name`, `metadata.labels['a']`, `status.podIP` and the like. */
function fieldValue(pod: Json, path: string): string {
  const keyed = /^(.*)\['(.*)'\]$/.exec(path)
  if (keyed) return textAt(pod, ...keyed[1]!.split('.'), keyed[2]!)
  const found = at(pod, ...path.split('.'))
  if (path === 'status.podIPs' || path === 'status.hostIPs') {
    return listAt(pod, ...path.split('.')).map((entry) => textAt(entry, 'ip')).join(',')
  }
  if (isObject(found)) return sortedEntries(found).map(([key, value]) => `${key}=${JSON.stringify(value)}`).join('\n')
  return textAt(pod, ...path.split('.'))
}

function writeMounts(description: Description, container: unknown): void {
  const byPath = (field: string) => (a: unknown, b: unknown): number => textAt(a, field) < textAt(b, field) ? -1 : 1
  const mounts = listAt(container, 'volumeMounts').toSorted(byPath('mountPath'))
  description.line(2, `Mounts:${mounts.length === 0 ? '\t<none>' : ''}`)
  for (const mount of mounts) {
    const subPath = textAt(mount, 'subPath')
    const flags = [at(mount, 'readOnly') === true ? 'ro' : 'rw']
    if (subPath !== '') flags.push(`path=${JSON.stringify(subPath)}`)
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
    const matched = sortedEntries(textsAt(constraint, 'labelSelector', 'matchLabels'))
    const labels = matched.map(([key, value]) => `${key}=${value}`).join(',')
    const [key, otherwise] = [textAt(constraint, 'topologyKey'), textAt(constraint, 'whenUnsatisfiable')]
    return `${key}:${otherwise} when max skew ${numberAt(constraint, 'maxSkew')} is exceeded` +
      (at(constraint, 'labelSelector') === undefined ? '' : ` for selector ${labels || '<none>'}`)
  }))
}
