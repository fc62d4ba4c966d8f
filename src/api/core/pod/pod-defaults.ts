/** What pods and pod templates get when the client leaves it out (upstream: pkg/apis/core/v1/defaults.go). */
import type {
  Container,
  EnvVar,
  EphemeralContainer,
  LifecycleHandler,
  Pod,
  PodSpec,
  PodTemplateSpec,
  Probe,
  ResourceRequirements,
} from '../../gen/core-v1.ts'
import { sumOfContainers } from './container-sums.ts'
import { defaultPullPolicy } from './pull-policy.ts'
import { isHugePages } from './resources.validation.ts'
import { setVolumeDefaults } from './volume-defaults.ts'

/** A Pod gets more than a template: what is added here does not change the hash of existing templates. */
export function setPodDefaults(object: Pod): void {
  const spec: PodSpec = object.spec ??= { containers: [] }
  for (const container of allContainers(spec)) defaultRequestsToLimits(container.resources)
  defaultPodLevelHugePages(spec)
  defaultPodLevelRequests(spec)
  spec.enableServiceLinks ??= true
  // Of long ago; nobody waits less than no time.
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1
  if (spec.hostNetwork) for (const container of allContainers(spec)) defaultHostPorts(container)
  setPodSpecDefaults(spec)
}

/** Of an owner of pods whose template is not optional: it is there, with a spec, however little the client said. */
export function setTemplateDefaults(owner: { template?: PodTemplateSpec }): void {
  const template = owner.template ??= {}
  setPodSpecDefaults(template.spec ??= { containers: [] })
}

/** The part that every pod template has too. */
export function setPodSpecDefaults(spec: PodSpec): void {
  spec.dnsPolicy ||= 'ClusterFirst'
  spec.restartPolicy ||= 'Always'
  spec.securityContext ??= {}
  spec.terminationGracePeriodSeconds ??= 30
  spec.schedulerName ||= 'default-scheduler'
  // Two names of one field; the older one is always written too.
  spec.serviceAccountName ||= spec.serviceAccount ?? ''
  if (spec.serviceAccountName === '') {
    delete spec.serviceAccountName
    delete spec.serviceAccount
  } else spec.serviceAccount = spec.serviceAccountName
  for (const volume of spec.volumes ?? []) setVolumeDefaults(volume)
  for (const container of allContainers(spec)) setContainerDefaults(container)
  for (const container of spec.ephemeralContainers ?? []) setContainerDefaults(container)
}

function allContainers(spec: PodSpec): Container[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? [])]
}

/** Also for one ephemeral container that is added to a running pod. */
function setContainerDefaults(container: Container | EphemeralContainer): void {
  container.imagePullPolicy ||= defaultPullPolicy(container.image ?? '')
  container.terminationMessagePath ||= '/dev/termination-log'
  container.terminationMessagePolicy ||= 'File'
  container.resources ??= {}
  for (const port of container.ports ?? []) port.protocol ||= 'TCP'
  for (const variable of container.env ?? []) setEnvDefaults(variable)
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    if (probe) setProbeDefaults(probe)
  }
  for (const hook of [container.lifecycle?.postStart, container.lifecycle?.preStop]) if (hook) setHandlerDefaults(hook)
}

function setEnvDefaults({ valueFrom }: EnvVar): void {
  if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ||= 'v1'
}

function setProbeDefaults(probe: Probe): void {
  probe.timeoutSeconds ||= 1
  probe.periodSeconds ||= 10
  probe.successThreshold ||= 1
  probe.failureThreshold ||= 3
  if (probe.grpc) probe.grpc.service ??= ''
  setHandlerDefaults(probe)
}

function setHandlerDefaults({ httpGet }: LifecycleHandler): void {
  if (!httpGet) return
  httpGet.path ||= '/'
  httpGet.scheme ||= 'HTTP'
}

function defaultRequestsToLimits(resources: ResourceRequirements | undefined): void {
  if (resources?.limits) resources.requests = { ...resources.limits, ...resources.requests }
}

/** On the host's network a container's port is the node's port. */
function defaultHostPorts(container: Container): void {
  for (const port of container.ports ?? []) port.hostPort ||= port.containerPort
}

/** Resources that the pod as a whole may ask for (KEP-2837). */
function isPodLevelResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || isHugePages(name)
}

/** As many huge pages as its containers may use, unless it says so itself. */
function defaultPodLevelHugePages(spec: PodSpec): void {
  const { resources } = spec
  if (!resources) return
  const limits = { ...resources.limits }
  for (const [name, quantity] of Object.entries(sumOfContainers(spec, 'limits'))) {
    if (isHugePages(name)) limits[name] ??= quantity
  }
  if (Object.keys(limits).length > 0) resources.limits = limits
}

/**
 * What the pod asks for as a whole follows from its containers, or from its own limits when they ask for nothing; of
 * huge pages, from its limits only.
 */
function defaultPodLevelRequests(spec: PodSpec): void {
  const { resources } = spec
  if (!resources) return
  const requests = { ...resources.requests }
  for (const [name, quantity] of Object.entries(sumOfContainers(spec, 'requests'))) {
    if (isPodLevelResource(name) && !isHugePages(name)) requests[name] ??= quantity
  }
  for (const [name, quantity] of Object.entries(resources.limits ?? {})) {
    if (isPodLevelResource(name)) requests[name] ??= quantity
  }
  if (Object.keys(requests).length > 0) resources.requests = requests
}
