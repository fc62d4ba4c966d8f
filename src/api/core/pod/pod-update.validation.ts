/** What may change of a pod, by which endpoint. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateRange } from '#machinery/meta/validate-names.ts'
import type { Container, NodeSelectorTerm, Pod, PodSpec, Toleration } from '../../gen/core-v1.ts'
import { internalDiff, internalValue } from '../../internal-form.ts'
import { isMirror, validateAnnotationsUpdate } from './annotations.validation.ts'
import { podValidationOptions } from './pod-options.validation.ts'
import { validatePod } from './pod.validation.ts'
import { validateTolerations } from './scheduling.validation.ts'

const mutableFields =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,'
  + '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` '
  + '(allow it to be set to 1 if it was previously negative)'

export function validatePodUpdate(object: Pod, old: Stored<Pod>): FieldError[] {
  const spec = object.spec ?? { containers: [] }
  const oldSpec = (old.spec ?? { containers: [] }) as PodSpec
  const errors = validateAnnotationsUpdate(object, old, podValidationOptions(true, old))
  for (const field of ['containers', 'initContainers'] as const) {
    const [found, stop] = validateContainerUpdates(spec[field] ?? [], oldSpec[field] ?? [], `spec.${field}`)
    errors.push(...found)
    if (stop) return errors
  }
  const deadline = validateDeadline(spec, oldSpec)
  errors.push(...deadline)
  if (deadline.length > 0 && spec.activeDeadlineSeconds !== undefined) return errors
  errors.push(
    ...validateOnlyAddedTolerations(spec.tolerations ?? [], oldSpec.tolerations ?? []),
    ...validateOnlyDeletedGates(spec, oldSpec),
    ...(oldSpec.schedulingGates?.length ? validateNarrowing(spec, oldSpec) : []),
  )
  const unchanged = withMutableFieldsOf(spec, oldSpec)
  if (!semanticEqual(unchanged, oldSpec)) {
    errors.push(forbiddenValue('spec', `${mutableFields}\n${internalDiff('PodSpec', oldSpec, unchanged)}`))
  }
  return errors
}

function validateOnlyDeletedGates({ schedulingGates = [] }: PodSpec, old: PodSpec): FieldError[] {
  const added = new Map(schedulingGates.map(({ name }, index) => [name, index]))
  for (const { name } of old.schedulingGates ?? []) added.delete(name)
  return [...added].map(([name, index]) =>
    forbiddenValue(`spec.schedulingGates[${index}].name`,
      `only deletion is allowed, but found new scheduling gate '${name}'`))
}

/** While it is gated, a pod may be kept to fewer nodes, never let to more. */
function validateNarrowing(spec: PodSpec, old: PodSpec): FieldError[] {
  const selector = spec.nodeSelector ?? {}
  const kept = Object.entries(old.nodeSelector ?? {}).every(([key, value]) => selector[key] === value)
  return [
    ...(kept ? [] : [invalidValue('spec.nodeSelector', spec.nodeSelector,
      'only additions to spec.nodeSelector are allowed (no mutations or deletions)')]),
    ...validateNarrowedTerms(requiredTermsOf(spec), requiredTermsOf(old)),
  ]
}

function requiredTermsOf({ affinity }: PodSpec): readonly NodeSelectorTerm[] {
  return affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
}

function validateNarrowedTerms(terms: readonly NodeSelectorTerm[], old: readonly NodeSelectorTerm[]): FieldError[] {
  const path = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms'
  if (old.length === 0) return []
  if (old.length !== terms.length) {
    return [invalidValue(path, internalValue('NodeSelectorTerm', terms as object), 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')]
  }
  return terms.flatMap((term, index) => onlyAdds(term, old[index]!) ? []
    : [invalidValue(`${path}[${index}]`, internalValue('NodeSelectorTerm', term), 'only additions are allowed (no mutations or deletions)')])
}

/** An empty term matches no node, so that adding to it would let the pod to more. */
function onlyAdds(term: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const empty = (one: NodeSelectorTerm): boolean => !one.matchExpressions?.length && !one.matchFields?.length
  if (empty(old) && !empty(term)) return false
  return (['matchExpressions', 'matchFields'] as const).every((field) => {
    const before = old[field] ?? []
    return semanticEqual(term[field]?.slice(0, before.length) ?? [], before)
  })
}

function validateContainerUpdates(
  containers: readonly Container[], old: readonly Container[], path: string,
): readonly [errors: FieldError[], stop: boolean] {
  if (containers.length !== old.length) {
    return [[forbiddenValue(path, 'pod updates may not add or remove containers')], true]
  }
  return [containers.flatMap(({ image = '' }, index) => {
    if (image === '') return [required(`${path}[${index}].image`)]
    return image === image.trim()
      ? []
      : [invalidValue(`${path}[${index}].image`, image, 'must not have leading or trailing whitespace')]
  }), false]
}

function validateDeadline(spec: PodSpec, old: PodSpec): FieldError[] {
  const path = 'spec.activeDeadlineSeconds'
  const { activeDeadlineSeconds: deadline } = spec
  const before = old.activeDeadlineSeconds
  if (deadline === undefined) {
    return before === undefined
      ? []
      : [invalidValue(path, undefined, 'must not update from a positive integer to nil value')]
  }
  const range = invalidFor(path, deadline, validateRange(deadline, 0, 2147483647))
  if (range.length > 0 || before === undefined || before >= deadline) return range
  return [invalidValue(path, deadline, 'must be less than or equal to previous value')]
}

function validateOnlyAddedTolerations(tolerations: readonly Toleration[], old: readonly Toleration[]): FieldError[] {
  const withoutSeconds = ({ tolerationSeconds: _, ...toleration }: Toleration): Toleration => toleration
  const kept = old.every((before) =>
    tolerations.some((toleration) => semanticEqual(withoutSeconds(toleration), withoutSeconds(before))),
  )
  // Upstream asks again of what is judged already.
  return kept ? validateTolerations(tolerations, 'spec.tolerations')
    : [forbiddenValue('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')]
}

/** The new spec with everything that may change put back to what it was. */
function withMutableFieldsOf(spec: PodSpec, old: PodSpec): PodSpec {
  const imagesOf = (
    containers: readonly Container[] | undefined,
    before: readonly Container[] | undefined,
  ): Container[] | undefined =>
    containers?.map((container, index) => {
      const { image: _, ...rest } = container
      const image = before?.[index]?.image
      return image === undefined ? rest : { ...rest, image }
    })
  const copy: PodSpec = { ...spec, containers: imagesOf(spec.containers, old.containers) ?? [] }
  const initContainers = imagesOf(spec.initContainers, old.initContainers)
  if (initContainers) copy.initContainers = initContainers
  restore(copy, old, 'activeDeadlineSeconds')
  restore(copy, old, 'tolerations')
  restore(copy, old, 'schedulingGates')
  const wasNegative = (old.terminationGracePeriodSeconds ?? 0) < 0
  if (wasNegative && spec.terminationGracePeriodSeconds === 1) restore(copy, old, 'terminationGracePeriodSeconds')
  if (old.schedulingGates?.length) restoreWhileGated(copy, old)
  return copy
}

/** What of a gated pod may change is judged by itself: see validateNarrowing. */
function restoreWhileGated(copy: PodSpec, old: PodSpec): void {
  restore(copy, old, 'nodeSelector')
  const { nodeAffinity: _, ...others } = copy.affinity ?? {}
  const before = old.affinity?.nodeAffinity
  if (before) copy.affinity = { ...others, nodeAffinity: before }
  else if (old.affinity || Object.keys(others).length > 0) copy.affinity = others
  else delete copy.affinity
}

function restore<Key extends keyof PodSpec>(copy: PodSpec, old: PodSpec, field: Key): void {
  if (old[field] === undefined) delete copy[field]
  else copy[field] = old[field]
}

export function validateEphemeralContainersUpdate(object: Pod, old: Stored<Pod>): FieldError[] {
  if (isMirror(old)) return [forbiddenValue('', 'static pods do not support ephemeral containers')]
  const path = 'spec.ephemeralContainers'
  const errors = [
    ...validatePod(object, old), ...validateAnnotationsUpdate(object, old, podValidationOptions(true, old)),
  ]
  const containers = object.spec?.ephemeralContainers ?? []
  for (const before of old.spec?.ephemeralContainers ?? []) {
    const container = containers.find(({ name }) => name === before.name)
    if (!container) {
      errors.push(forbiddenValue(path, `existing ephemeral containers "${before.name}" may not be removed\n`))
    } else if (!semanticEqual(container, before)) {
      errors.push(
        forbiddenValue(
          path,
          `existing ephemeral containers "${before.name}" may not be changed\n${internalDiff('EphemeralContainer', before, container)}`,
        ),
      )
    }
  }
  return errors
}
