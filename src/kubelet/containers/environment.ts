/** A container's environment variables, from everything that may define one. */
import { base64Decode, utf8Decode } from '#base/bytes.ts'
import type { AnyContainer, ConfigMapObject, PodObject, SecretObject, ServiceObject } from '../types.ts'
import { fieldValue, resourceValue } from './downward.ts'
import { expandVariables } from './expansion.ts'

export interface EnvironmentSources {
  readonly pod: PodObject
  readonly podIps: readonly string[]
  readonly hostIps: readonly string[]
  /** undefined: there is no such object. */
  readonly configMap: (name: string) => ConfigMapObject | undefined
  readonly secret: (name: string) => SecretObject | undefined
  readonly services: readonly ServiceObject[]
  readonly allocatable: Readonly<Record<string, string>>
}

/** The pod cannot be run as it is written; `message` is what its status says. */
export class ContainerConfigError extends Error {}

/** In upstream's order: envFrom, env, then the services' that nothing has overridden. Throws ContainerConfigError. */
export function computeEnvironment(
  container: AnyContainer, sources: EnvironmentSources,
): { name: string; value: string }[] {
  const services = serviceEnvironment(sources)
  const result = new Map<string, string>()
  for (const from of container.envFrom ?? []) {
    for (const [key, value] of Object.entries(bulkValues(from, sources))) {
      result.set(`${from.prefix ?? ''}${key}`, value)
    }
  }
  const defined = new Map<string, string>()
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom
      ? referencedValue(variable.valueFrom, container, sources)
      : expandVariables(variable.value ?? '', (name) => defined.get(name) ?? result.get(name) ?? services.get(name))
    if (value === undefined) continue
    defined.set(variable.name, value)
    result.set(variable.name, value)
  }
  for (const [name, value] of services) if (!result.has(name)) result.set(name, value)
  return [...result].map(([name, value]) => ({ name, value }))
}

type EnvFrom = NonNullable<AnyContainer['envFrom']>[number]
type ValueFrom = NonNullable<NonNullable<AnyContainer['env']>[number]['valueFrom']>

function bulkValues(from: EnvFrom, sources: EnvironmentSources): Readonly<Record<string, string>> {
  if (from.configMapRef) {
    const { name = '', optional } = from.configMapRef
    const configMap = sources.configMap(name)
    if (!configMap && !optional) throw new ContainerConfigError(`configmap "${name}" not found`)
    return configMap?.data ?? {}
  }
  if (from.secretRef) {
    const { name = '', optional } = from.secretRef
    const secret = sources.secret(name)
    if (!secret && !optional) throw new ContainerConfigError(`secret "${name}" not found`)
    return Object.fromEntries(Object.entries(secret?.data ?? {}).map(([key, value]) => [key, decodeText(value)]))
  }
  return {}
}

function referencedValue(from: ValueFrom, container: AnyContainer, sources: EnvironmentSources): string | undefined {
  const namespace = sources.pod.metadata.namespace ?? ''
  if (from.fieldRef) return fieldValue(from.fieldRef.fieldPath, sources)
  if (from.resourceFieldRef) return resourceValue(from.resourceFieldRef, container, sources)
  if (from.configMapKeyRef) {
    const { name = '', key, optional } = from.configMapKeyRef
    const configMap = sources.configMap(name)
    if (!configMap) return absent(optional, `configmap "${name}" not found`)
    return configMap.data?.[key] ?? absent(optional, `couldn't find key ${key} in ConfigMap ${namespace}/${name}`)
  }
  if (from.secretKeyRef) {
    const { name = '', key, optional } = from.secretKeyRef
    const secret = sources.secret(name)
    if (!secret) return absent(optional, `secret "${name}" not found`)
    const value = secret.data?.[key]
    return value === undefined
      ? absent(optional, `couldn't find key ${key} in Secret ${namespace}/${name}`)
      : decodeText(value)
  }
  return ''
}

function absent(optional: boolean | undefined, message: string): undefined {
  if (!optional) throw new ContainerConfigError(message)
  return undefined
}

function decodeText(base64: string): string {
  const bytes = base64Decode(base64)
  return bytes ? utf8Decode(bytes) : ''
}

/**
 * Every service of the pod's namespace (if it wants links) and always the API server's, in Docker's and our own
 * spelling.
 */
function serviceEnvironment({ pod, services }: EnvironmentSources): ReadonlyMap<string, string> {
  const result = new Map<string, string>()
  const wantsLinks = pod.spec?.enableServiceLinks ?? true
  for (const service of services) {
    const { name, namespace } = service.metadata
    const isApiServer = namespace === 'default' && name === 'kubernetes'
    if (!isApiServer && !(wantsLinks && namespace === pod.metadata.namespace)) continue
    const ip = service.spec?.clusterIP
    if (!ip || ip === 'None') continue
    const host = ip.includes(':') ? `[${ip}]` : ip
    const prefix = name.toUpperCase().replaceAll('-', '_')
    const ports = service.spec?.ports ?? []
    result.set(`${prefix}_SERVICE_HOST`, ip)
    ports.forEach((port, index) => {
      if (index === 0) result.set(`${prefix}_SERVICE_PORT`, String(port.port))
      if (port.name) {
        result.set(`${prefix}_SERVICE_PORT_${port.name.toUpperCase().replaceAll('-', '_')}`, String(port.port))
      }
    })
    ports.forEach((port, index) => {
      const protocol = port.protocol ?? 'TCP'
      const url = `${protocol.toLowerCase()}://${host}:${port.port}`
      if (index === 0) result.set(`${prefix}_PORT`, url)
      const link = `${prefix}_PORT_${port.port}_${protocol}`
      result.set(link, url)
      result.set(`${link}_PROTO`, protocol.toLowerCase())
      result.set(`${link}_PORT`, String(port.port))
      result.set(`${link}_ADDR`, ip)
    })
  }
  return result
}
