/** Rules of annotations that say something about a pod, some of them older than the fields that say the same. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidValue, quoteGo } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type {
  AppArmorProfile,
  Pod,
  PodSpec,
  SeccompProfile,
} from '../../gen/core-v1.ts'
import { containersOf } from './all-containers.ts'
import { validateLocalDescendingPath } from './paths.validation.ts'
import type { PodValidationOptions } from './pod-options.ts'
import { validateTolerationsAnnotation } from './tolerations-annotation.validation.ts'

type Annotations = Readonly<Record<string, string>>

const annotationsPath = 'metadata.annotations'
export const mirror = 'kubernetes.io/config.mirror'
const deletionCost = 'controller.kubernetes.io/pod-deletion-cost'
export const seccompOfPod = 'seccomp.security.alpha.kubernetes.io/pod'
export const seccompOfContainer = 'container.seccomp.security.alpha.kubernetes.io/'
export const appArmorOfContainer = 'container.apparmor.security.beta.kubernetes.io/'

/** A mirror shows a pod that a kubelet runs by itself. */
export function isMirror({ metadata }: Stored<Pod>): boolean {
  return metadata.annotations?.[mirror] !== undefined
}

export function validatePodAnnotations(
  annotations: Annotations | undefined, spec: PodSpec, path: string, options: PodValidationOptions,
): FieldError[] {
  const own = annotations ?? {}
  const errors: FieldError[] = []
  if (own[mirror] !== undefined && !spec.nodeName) {
    errors.push(
      invalidValue(`${path}[${mirror}]`, own[mirror], 'must set spec.nodeName if mirror pod annotation is set'),
    )
  }
  errors.push(...validateTolerationsAnnotation(own, path))
  if (!options.allowInvalidPodDeletionCost && !hasGoodDeletionCost(own)) {
    errors.push(invalidValue(`${path}[${deletionCost}]`, own[deletionCost], 'must be a 32bit integer'))
  }
  if (own[seccompOfPod] !== undefined) errors.push(...validateSeccomp(own[seccompOfPod], `${path}.${seccompOfPod}`))
  const starting = (prefix: string): [string, string][] =>
    Object.entries(own).filter(([key]) => key.startsWith(prefix))
  return [
    ...errors,
    ...starting(seccompOfContainer).flatMap(([key, value]) => validateSeccomp(value, `${path}.${key}`)),
    ...starting(appArmorOfContainer).flatMap(([key, value]) =>
      validateAppArmor(key.slice(appArmorOfContainer.length), value, spec, `${path}[${key}]`)),
  ]
}

/** An absent one is no fault. */
export function hasGoodDeletionCost(annotations: Annotations = {}): boolean {
  const cost = annotations[deletionCost]
  return cost === undefined || isInt32(cost)
}

/** Digits without a leading zero, so that one number has one spelling. */
function isInt32(text: string): boolean {
  return /^(0|-?[1-9]\d{0,9})$/.test(text) && Number(text) === (Number(text) | 0)
}

function validateSeccomp(profile: string, path: string): FieldError[] {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return []
  return profile.startsWith('localhost/') ? validateLocalDescendingPath(profile.slice('localhost/'.length), path)
    : [invalidValue(path, profile, 'must be a valid seccomp profile')]
}

function validateAppArmor(container: string, profile: string, spec: PodSpec, path: string): FieldError[] {
  const known = containersOf(spec, '').some(([{ name }]) => name === container)
  const good = ['', 'runtime/default', 'unconfined'].includes(profile) || profile.startsWith('localhost/')
  return [
    ...(known ? [] : [invalidValue(path, container, 'container not found')]),
    ...(good ? [] : [invalidValue(path, profile, `invalid AppArmor profile name: ${quoteGo(profile)}`)]),
  ]
}

/** Where an annotation and a field say both which profile confines a container, they say the same. */
export function validateProfilesAgree(
  annotations: Annotations | undefined, spec: PodSpec, path: string,
): FieldError[] {
  if (!annotations) return []
  return [
    ...agree(annotations[seccompOfPod], spec.securityContext?.seccompProfile, 'seccomp',
      `${path}.securityContext.seccompProfile`),
    ...containersOf(spec, path).flatMap(([{ name, securityContext }, at]) =>
      agree(annotations[seccompOfContainer + name], securityContext?.seccompProfile, 'seccomp',
        `${at}.securityContext.seccompProfile`)),
    ...(spec.os?.name === 'windows' ? [] : containersOf(spec, path).flatMap(([{ name, securityContext }, at]) =>
      agree(annotations[appArmorOfContainer + name],
        securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile, 'apparmor',
        `${at}.securityContext.appArmorProfile`))),
  ]
}

function agree(
  annotation: string | undefined,
  profile: SeccompProfile | AppArmorProfile | undefined,
  system: 'seccomp' | 'apparmor',
  path: string,
): FieldError[] {
  if (annotation === undefined || !profile) return []
  const differentType = [forbiddenValue(`${path}.type`, `${system} type in annotation and field must match`)]
  switch (profile.type) {
    case 'Unconfined': return annotation === 'unconfined' ? [] : differentType
    case 'RuntimeDefault':
      return annotation === 'runtime/default' || (system === 'seccomp' && annotation === 'docker/default') ? []
        : differentType
    case 'Localhost':
      if (!annotation.startsWith('localhost/')) return differentType
      return annotation.slice('localhost/'.length) === profile.localhostProfile ? []
        : [forbiddenValue(`${path}.localhostProfile`, `${system} profile in annotation and field must match`)]
    default: return []
  }
}

/** Rules of an update. Which profile confines a container is decided when the pod is made. */
export function validateAnnotationsUpdate(
  { metadata, spec }: Pod, { metadata: { annotations: old = {} } }: Stored<Pod>, options: PodValidationOptions,
): FieldError[] {
  const annotations = metadata?.annotations ?? {}
  const path = annotationsPath
  const fixed = (key: string): boolean => key.startsWith(appArmorOfContainer) || key === mirror
  const name = (key: string): string => key === mirror ? 'mirror pod annotation' : 'AppArmor annotations'
  return [
    ...Object.keys(old).filter((key) => fixed(key) && annotations[key] !== old[key])
      .map((key) => forbiddenValue(`${path}[${key}]`, `may not remove or update ${name(key)}`)),
    ...Object.keys(annotations).filter((key) => fixed(key) && !(key in old))
      .map((key) => forbiddenValue(`${path}[${key}]`, `may not add ${name(key)}`)),
    ...validatePodAnnotations(annotations, spec ?? { containers: [] }, path, options),
  ]
}
