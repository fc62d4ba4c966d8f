/** The objects that a binding hands to its policy as parameters. */
import type { ParamKind, ParamRef } from '#api/gen/admissionregistration-v1.ts'
import type { LabelSelector } from '#api/gen/meta-v1.ts'
import { parseApiVersion } from '#machinery/meta/group-version.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import type { DeepReadonly, KubeObject } from '#machinery/meta/object.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { AdmissionContext } from '../admission.ts'

/** Why a binding cannot be used. */
export class ParameterFault extends Error {}

/**
 * As clients of the kind's version see them; null where the policy has none to look at. Empty: there are none, and the
 * binding allows that. Throws ParameterFault in upstream's words.
 */
export function findParameters(
  paramKind: DeepReadonly<ParamKind> | undefined, paramRef: DeepReadonly<ParamRef> | undefined, namespace: string,
  kinds: readonly AnyKind[], context: AdmissionContext,
): readonly (KubeObject | null)[] {
  if (!paramKind || !paramRef) return [null]
  const wanted = parseApiVersion(paramKind.apiVersion ?? '')
  const kind = wanted && kinds.find((each) => each.group === wanted.group && each.kind === paramKind.kind)
  const version = kind?.versions.find((each) => each.version === wanted?.version)
  if (!kind || !version) {
    throw new ParameterFault(`paramKind kind \`${paramKind.apiVersion ?? ''}, Kind=${paramKind.kind ?? ''}\` not known`)
  }
  if (!kind.namespaced && paramRef.namespace) {
    throw new ParameterFault('paramRef.namespace must not be provided for a cluster-scoped `paramKind`')
  }
  const place = kind.namespaced ? paramRef.namespace || namespace : ''
  if (kind.namespaced && place === '') {
    throw new ParameterFault('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources')
  }
  const found = select(kind, paramRef, place, context)
  if (found.length === 0 && paramRef.parameterNotFoundAction === 'Deny') {
    throw new ParameterFault('no params found for policy binding with `Deny` parameterNotFoundAction')
  }
  return found.map((object) => context.convert(kind, version, object))
}

function select(
  { group, plural }: AnyKind, { name, selector }: DeepReadonly<ParamRef>, namespace: string, context: AdmissionContext,
): readonly KubeObject[] {
  if (name && selector) throw new ParameterFault('paramRef.name and paramRef.selector are mutually exclusive')
  if (name) {
    const object = context.get<KubeObject>({ group, plural }, namespace, name)
    return object ? [object as unknown as KubeObject] : []
  }
  if (!selector) throw new ParameterFault('one of name or selector must be provided')
  const matcher = labelSelectorMatcher(selector as LabelSelector)
  return context.list<KubeObject>({ group, plural }, namespace)
    .filter(({ metadata }) => matcher.matches(metadata.labels)) as readonly unknown[] as readonly KubeObject[]
}
