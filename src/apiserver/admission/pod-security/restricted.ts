/** The restricted level of the Pod Security Standards: what hardening asks for. */
import { baselineChecks, capabilitiesBaseline, hostPathVolumes, seccompBaseline, seccompSetters } from './baseline.ts'
import {
  containersOf,
  isWindows,
  nameContainers,
  namesWhere,
  plural,
  quoteAll,
  setters,
  unique,
  type Check,
} from './check.ts'

const allowPrivilegeEscalation: Check = (pod) => {
  if (isWindows(pod)) return undefined
  const names = namesWhere(pod, (context) => context.allowPrivilegeEscalation !== false)
  return names.length === 0
    ? undefined
    : {
        reason: 'allowPrivilegeEscalation != false',
        detail: `${nameContainers(names)} must set securityContext.allowPrivilegeEscalation=false`,
      }
}

const capabilitiesRestricted: Check = (pod) => {
  if (isWindows(pod)) return undefined
  const isForbidden = (name: string): boolean => name !== 'NET_BIND_SERVICE'
  const keeping = namesWhere(pod, (context) => !context.capabilities?.drop?.includes('ALL'))
  const adding = namesWhere(pod, (context) => Boolean(context.capabilities?.add?.some(isForbidden)))
  const added = unique(
    containersOf(pod)
      .flatMap((container) => container.securityContext?.capabilities?.add ?? [])
      .filter(isForbidden),
  ).toSorted()
  const details = [
    ...(keeping.length > 0 ? [`${nameContainers(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length > 0
      ? [`${nameContainers(adding)} must not include ${quoteAll(added)} in securityContext.capabilities.add`]
      : []),
  ]
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') }
}

const allowedVolumes: ReadonlySet<string> = new Set([
  'name',
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
])

const restrictedVolumes: Check = ({ spec }) => {
  const typeOf = (volume: object): string | undefined => Object.keys(volume).find((key) => !allowedVolumes.has(key))
  const bad = (spec.volumes ?? []).filter((volume) => typeOf(volume) !== undefined)
  if (bad.length === 0) return undefined
  const types = unique(bad.map((volume) => typeOf(volume)!)).toSorted()
  const use = bad.length === 1 ? 'uses' : 'use'
  return {
    reason: 'restricted volume types',
    detail: `${plural('volume', bad.length)} ${quoteAll(bad.map((volume) => volume.name))} ${use} restricted volume ${plural('type', types.length)} ${quoteAll(types)}`,
  }
}

const runAsNonRoot: Check = (pod) => {
  const podValue = pod.spec.securityContext?.runAsNonRoot
  const explicit = namesWhere(pod, (context) => context.runAsNonRoot === false)
  const who = setters(podValue === false, explicit)
  if (who.length > 0) {
    return {
      reason: 'runAsNonRoot != true',
      detail: `${who.join(' and ')} must not set securityContext.runAsNonRoot=false`,
    }
  }
  const implicit = podValue === true ? [] : namesWhere(pod, (context) => context.runAsNonRoot === undefined)
  return implicit.length === 0
    ? undefined
    : {
        reason: 'runAsNonRoot != true',
        detail: `pod or ${nameContainers(implicit)} must set securityContext.runAsNonRoot=true`,
      }
}

const runAsUser: Check = (pod) => {
  const who = setters(pod.spec.securityContext?.runAsUser === 0, namesWhere(pod, (context) => context.runAsUser === 0))
  return who.length === 0
    ? undefined
    : { reason: 'runAsUser=0', detail: `${who.join(' and ')} must not set runAsUser=0` }
}

const seccompRestricted: Check = (pod) => {
  if (isWindows(pod)) return undefined
  const { who, types } = seccompSetters(pod)
  if (who.length > 0) {
    return {
      reason: 'seccompProfile',
      detail: `${who.join(' and ')} must not set securityContext.seccompProfile.type to ${quoteAll(types)}`,
    }
  }
  const implicit = pod.spec.securityContext?.seccompProfile ? [] : namesWhere(pod, (context) => !context.seccompProfile)
  return implicit.length === 0
    ? undefined
    : {
        reason: 'seccompProfile',
        detail: `pod or ${nameContainers(implicit)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
      }
}

/** Baseline's, except those that a stricter one takes the place of; then its own, in the order of upstream's ids. */
export const restrictedChecks: readonly Check[] = [
  ...baselineChecks.filter(
    (check) => check !== capabilitiesBaseline && check !== hostPathVolumes && check !== seccompBaseline,
  ),
  allowPrivilegeEscalation, capabilitiesRestricted, restrictedVolumes, runAsNonRoot, runAsUser, seccompRestricted,
]
