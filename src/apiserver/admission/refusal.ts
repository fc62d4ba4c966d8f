/** How a plugin refuses, and how it tells what a request is about. */
import type { Pod } from '#api/gen/core-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { forbidden, type ApiError } from '#machinery/errors/api-error.ts'
import type { DeepReadonly, KubeObject } from '#machinery/meta/object.ts'
import type { AdmissionAttributes } from './admission.ts'

/** Subresources whose objects are of a kind of their own, and the core resource that they belong to. */
const parents: Readonly<Record<string, string>> = { token: 'serviceaccounts', eviction: 'pods', binding: 'pods' }

/** What the request's path names: for a subresource the parent, whatever kind its object has. */
export function resourceOf(
  { kind, resource, subresource }: AdmissionAttributes,
): { readonly group: string; readonly resource: string } {
  const parent = parents[subresource]
  return parent === undefined ? { group: kind.group, resource } : { group: '', resource: parent }
}

/** 403 in upstream's words (admission.NewForbidden). An object without a name yet goes by its generateName. */
export function refuse(attributes: AdmissionAttributes, why: string): ApiError {
  const { object, name } = attributes
  const known = name || object?.metadata?.name || object?.metadata?.generateName || 'Unknown'
  return forbidden(resourceOf(attributes), known, why)
}

export function isResource(attributes: AdmissionAttributes, group: string, plural: string, sub = ''): boolean {
  if (attributes.subresource !== sub) return false
  const requested = resourceOf(attributes)
  return requested.resource === plural && requested.group === group
}

/** The pod that is being written, unless the request is about something else (or a subresource of a pod). */
export function podOf(attributes: AdmissionAttributes): Pod | undefined {
  return isResource(attributes, '', 'pods') ? attributes.object as Pod | undefined : undefined
}

/** A pod that stands for a file on its node. */
export function isMirrorPod(pod: {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> }
}): boolean {
  return pod.metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined
}

/** The garbage collector must be able to remove finalizers and owners from objects that it could not have written. */
export function isOnlyForDeletion(object: KubeObject, old: DeepReadonly<KubeObject> | undefined): boolean {
  const rest = ({ metadata, ...others }: DeepReadonly<KubeObject>): unknown => {
    const { ownerReferences: _, finalizers: __, managedFields: ___, resourceVersion: ____, ...kept } = metadata ?? {}
    return { ...others, metadata: kept }
  }
  return old !== undefined && semanticEqual(rest(object), rest(old))
}
