/** What is allowed in pods and templates but hardly meant: sentences for the Warning header. */
import { quoteGo } from '#machinery/errors/field-errors.ts'
import type { ObjectMeta } from '#machinery/meta/object.ts'
import { validateDns1123Label } from '#machinery/meta/validate-names.ts'
import { addressWarnings } from '../../addresses.validation.ts'
import type { ContainerPort, EnvVar, Pod, PodAffinity, PodSpec, PodTemplateSpec } from '../../gen/core-v1.ts'
import { deprecatedNodeLabel, nodeSelectorTermWarnings } from '../../label-warnings.ts'
import { isWholeQuantity } from '../../quantities.ts'
import { containersOf } from './all-containers.ts'
import { appArmorOfContainer, seccompOfContainer, seccompOfPod } from './annotations.validation.ts'
import { volumeWarnings } from './volume-warnings.ts'

/** Of a new pod. Nobody is warned of updates: programs make them, all the time. */
export function podWarnings({ metadata, spec }: Pod, old: object | undefined): string[] {
  return old || !spec ? []
    : [...nameWarnings(metadata?.name ?? '', "the Pod's hostname"), ...warningsOf(spec, metadata, '')]
}

/** Of what a kubelet tells of a pod. */
export function podStatusWarnings({ status: { podIPs = [], hostIPs = [] } = {} }: Pod): string[] {
  return [
    ...podIPs.flatMap(({ ip }, index) => addressWarnings(ip ?? '', `status.podIPs[${index}].ip`)),
    ...hostIPs.flatMap(({ ip }, index) => addressWarnings(ip ?? '', `status.hostIPs[${index}].ip`)),
  ]
}

/** `path`: where the template is, `spec.template`. */
export function templateWarnings(template: PodTemplateSpec | undefined, path: string): string[] {
  return template?.spec ? warningsOf(template.spec, template.metadata, `${path}.`) : []
}

interface WithGeneration {
  readonly metadata?: { readonly name?: string; readonly generation?: number }
}

interface Owner extends WithGeneration {
  readonly spec?: { readonly template?: PodTemplateSpec }
}

/** Of the template of something that makes pods; nothing while what it says stays the same. */
export function ownerWarnings({ metadata, spec }: Owner, old: WithGeneration | undefined): string[] {
  return old && old.metadata?.generation === metadata?.generation ? [] : templateWarnings(spec?.template, 'spec.template')
}

/** The same where pods have the owner's name in their own. */
export function namedOwnerWarnings(object: Owner, old: WithGeneration | undefined): string[] {
  return [...(old ? [] : podNameWarnings(object.metadata?.name ?? '')), ...ownerWarnings(object, old)]
}

/** Of a name that pods are named after. */
export function podNameWarnings(name: string): string[] {
  return nameWarnings(name, 'Pod names and hostnames')
}

function nameWarnings(name: string, use: string): string[] {
  const problems = validateDns1123Label(name)
  return problems.length === 0 ? []
    : [`metadata.name: this is used in ${use}, which can result in surprising behavior; ` +
      `a DNS label is recommended: [${problems.join(' ')}]`]
}

function warningsOf(spec: PodSpec, metadata: ObjectMeta | undefined, prefix: string): string[] {
  const path = `${prefix}spec`
  const annotations = metadata?.annotations ?? {}
  return [
    ...labelWarnings(spec, path),
    ...annotationWarnings(annotations, `${prefix}metadata.annotations`),
    ...volumeWarnings(spec.volumes ?? [], `${path}.volumes`),
    ...duplicates((spec.hostAliases ?? []).map(({ ip }) => ip ?? ''), 'ip', `${path}.hostAliases`),
    ...duplicates((spec.imagePullSecrets ?? []).map(({ name }) => name ?? ''), 'name', `${path}.imagePullSecrets`),
    ...(spec.imagePullSecrets ?? []).flatMap(({ name }, index) =>
      (name ? [] : [`${path}.imagePullSecrets[${index}].name: invalid empty name ""`])),
    ...fractions(spec.overhead, `${path}.overhead`),
    ...containerWarnings(spec, annotations, path, prefix),
    ...portWarnings(spec, path),
    ...((spec.terminationGracePeriodSeconds ?? 0) < 0
      ? [`${path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...affinityWarnings(spec.affinity?.podAffinity, `${path}.affinity.podAffinity`),
    ...affinityWarnings(spec.affinity?.podAntiAffinity, `${path}.affinity.podAntiAffinity`),
    ...(spec.dnsConfig?.nameservers ?? []).flatMap((server, index) =>
      addressWarnings(server, `${path}.dnsConfig.nameservers[${index}]`)),
    ...(spec.hostAliases ?? []).flatMap(({ ip }, index) => addressWarnings(ip, `${path}.hostAliases[${index}].ip`)),
  ]
}

function labelWarnings(spec: PodSpec, path: string): string[] {
  if (!spec.nodeSelector && !spec.affinity?.nodeAffinity && !spec.topologySpreadConstraints) return []
  const affinity = spec.affinity?.nodeAffinity
  const required = `${path}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`
  const preferred = `${path}.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution`
  return [
    ...Object.keys(spec.nodeSelector ?? {}).flatMap((key) => {
      const message = deprecatedNodeLabel(key)
      return message === undefined ? [] : [`${path}.nodeSelector[${key}]: ${message}`]
    }),
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []).flatMap((term, index) =>
      nodeSelectorTermWarnings(term, false, `${required}[${index}]`)),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ preference }, index) =>
      nodeSelectorTermWarnings(preference ?? {}, true, `${preferred}[${index}].preference`)),
    ...(spec.topologySpreadConstraints ?? []).flatMap(({ topologyKey, labelSelector }, index) => {
      const at = `${path}.topologySpreadConstraints[${index}]`
      const message = deprecatedNodeLabel(topologyKey)
      return [
        ...(message === undefined ? [] : [`${at}.topologyKey: ${topologyKey} is ${message}`]),
        ...nullSelector(labelSelector, `${at}.labelSelector`),
      ]
    }),
  ]
}

function nullSelector(selector: object | undefined, path: string): string[] {
  return selector ? [] : [`${path}: a null labelSelector results in matching no pod`]
}

function affinityWarnings(affinity: PodAffinity | undefined, path: string): string[] {
  if (!affinity) return []
  return [
    ...(affinity.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ labelSelector }, index) =>
      nullSelector(labelSelector, `${path}.requiredDuringSchedulingIgnoredDuringExecution[${index}].labelSelector`)),
    ...(affinity.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ podAffinityTerm }, index) =>
      nullSelector(podAffinityTerm?.labelSelector,
        `${path}.preferredDuringSchedulingIgnoredDuringExecution[${index}].podAffinityTerm.labelSelector`)),
  ]
}

const oldAnnotations: readonly (readonly [key: string, message: string])[] = [
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['security.alpha.kubernetes.io/unsafe-sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
]

type Annotations = Readonly<Record<string, string>>

function annotationWarnings(annotations: Annotations, path: string): string[] {
  return oldAnnotations.filter(([key]) => annotations[key] !== undefined)
    .map(([key, message]) => `${path}[${key}]: ${message}`)
}

function duplicates(values: readonly string[], field: string, path: string): string[] {
  if (values.length < 2) return []
  const seen = new Set<string>()
  return values.flatMap((value, index) => {
    if (seen.has(value)) return [`${path}[${index}].${field}: duplicate ${field} ${quoteGo(value)}`]
    seen.add(value)
    return []
  })
}

function fractions(list: Readonly<Record<string, string>> | undefined, path: string, names = byteResources): string[] {
  if (!list) return []
  return names.flatMap((name) => {
    const quantity = list[name]
    return quantity === undefined || isWholeQuantity(quantity) ? []
      : [`${path}[${name}]: fractional byte value "${quantity}" is invalid, must be an integer`]
  })
}

const byteResources = ['memory', 'ephemeral-storage']

/** Upstream's text has the backslashes. */
const useSeccompField = 'non-functional in v1.27+; use the \\"seccompProfile\\" field instead'

function containerWarnings(spec: PodSpec, annotations: Annotations, path: string, prefix: string): string[] {
  const at = (key: string): string => `${prefix}metadata.annotations[${key}]`
  const warnings = !spec.securityContext?.seccompProfile && annotations[seccompOfPod] !== undefined
    ? [`${at(seccompOfPod)}: ${useSeccompField}`] : []
  for (const [{ name, securityContext, resources, env }, where] of containersOf(spec, path)) {
    const seccomp = seccompOfContainer + name
    if (!securityContext?.seccompProfile && annotations[seccomp] !== undefined) {
      warnings.push(`${at(seccomp)}: ${useSeccompField}`)
    }
    const appArmor = appArmorOfContainer + name
    const hasField = spec.securityContext?.appArmorProfile ?? securityContext?.appArmorProfile
    // Of pods, whoever turns the annotation into the field has warned.
    if (prefix !== '' && !hasField && annotations[appArmor] !== undefined) {
      warnings.push(`${at(appArmor)}: deprecated since v1.30; use the \\"appArmorProfile\\" field instead`)
    }
    for (const resource of resources ? byteResources : []) {
      warnings.push(
        ...fractions(resources?.limits, `${where}.resources.limits`, [resource]),
        ...fractions(resources?.requests, `${where}.resources.requests`, [resource]),
      )
    }
    if (env) warnings.push(...hiddenVariables(env, `${where}.env`))
  }
  return warnings
}

/** A later variable may build on an earlier one of its name: `X=$(X)y`. Otherwise the earlier one is lost. */
function hiddenVariables(env: readonly EnvVar[], path: string): string[] {
  if (env.length < 2) return []
  const seen = new Set<string>()
  return env.flatMap(({ name, value = '', valueFrom }, index) => {
    if (!seen.has(name)) {
      seen.add(name)
      return []
    }
    const reference = `$(${name})`
    const hides = valueFrom !== undefined || value === reference || !value.includes(reference)
    return hides
      ? [`${path}[${index}]: hides previous definition of ${quoteGo(name)}, which may be dropped when using apply`] : []
  })
}

/** Ports of one number and protocol: the node may not know which container is meant. */
function portWarnings(spec: PodSpec, path: string): string[] {
  const known = new Map<string, { readonly path: string; readonly port: ContainerPort }[]>()
  return containersOf(spec, path).flatMap(([{ ports }, where]) => (ports ?? []).flatMap((port, index) => {
    const at = `${where}.ports[${index}]`
    const warnings = port.hostIP && !port.hostPort ? [`${at}: hostIP set without hostPort: ${formatPort(port)}`] : []
    const key = `${port.containerPort}/${port.protocol}`
    const others = known.get(key) ?? []
    for (const other of others) {
      const relation = relationOf(port, other.port)
      if (relation !== undefined) warnings.push(`${at}: ${relation} port definition with ${other.path}`)
    }
    known.set(key, [...others, { path: at, port }])
    return warnings
  }))
}

function relationOf(a: ContainerPort, b: ContainerPort): string | undefined {
  const [portA, portB, ipA, ipB] = [a.hostPort ?? 0, b.hostPort ?? 0, a.hostIP ?? '', b.hostIP ?? '']
  if (portA === portB && ipA === ipB) return 'duplicate'
  if (portA === 0 || portB === 0) return 'overlapping'
  return portA === portB && (ipA === '') !== (ipB === '') ? 'dangerously ambiguous' : undefined
}

/** As Go prints the port. */
function formatPort({ name = '', hostPort = 0, containerPort, protocol, hostIP = '' }: ContainerPort): string {
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol ?? ''} HostIP:${hostIP}}`
}
