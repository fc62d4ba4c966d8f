/** What a definition's status should say, given its spec and the names that others of its group hold: pure. */
import type { CustomResourceDefinitionCondition, CustomResourceDefinitionNames } from '#api/gen/apiextensions-v1.ts'
import { deepEqual, semanticEqual } from '#base/deep-equal.ts'
import { quoteGo } from '#machinery/errors/field-errors.ts'
import { findCondition, isConditionTrue, withCondition, withoutCondition } from '#machinery/meta/conditions.ts'
import type { DeepReadonly, KubeObject, Stored } from '#machinery/meta/object.ts'
import type { Definition } from './version-form.ts'

type Names = DeepReadonly<CustomResourceDefinitionNames>
type Condition = DeepReadonly<CustomResourceDefinitionCondition>
type Status = NonNullable<Definition['status']>

export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

/** The status as it should be; undefined when it is so already. `now` is RFC 3339. */
export function planStatus(definition: Definition, others: readonly Definition[], now: string): Status | undefined {
  const { spec, status = {} } = definition
  let { acceptedNames } = status
  let conditions: readonly Condition[] = status.conditions ?? []
  const set = (condition: Omit<Condition, 'lastTransitionTime'>): void => {
    conditions = withCondition(conditions, condition, now)
  }
  // What was accepted is not looked at again.
  if (!semanticEqual(spec!.names, acceptedNames)) {
    const accepted = acceptNames(definition, others)
    acceptedNames = accepted.acceptedNames
    set(accepted.conflict
      ?? { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' })
    const established = establish(definition, accepted.conflict === undefined)
    if (established) set(established)
  }
  const approval = approvalOf(definition)
  if (approval) set(approval)
  else conditions = withoutCondition(conditions, 'KubernetesAPIApprovalPolicyConformant')
  // Schemas that are not structural are refused, but for the switch that turns pruning off.
  if (definition.spec?.preserveUnknownFields) {
    set({
      type: 'NonStructuralSchema', status: 'True', reason: 'Violations',
      message: 'spec.preserveUnknownFields: Invalid value: true: must be false',
    })
  } else conditions = withoutCondition(conditions, 'NonStructuralSchema')
  const next = { ...status, acceptedNames, conditions } as Status
  return deepEqual(next, status) ? undefined : next
}

interface Accepted {
  readonly acceptedNames: Names
  readonly conflict: Omit<Condition, 'lastTransitionTime'> | undefined
}

/** Who has a name keeps it. The last conflict that is found is the one that is told, as upstream. */
function acceptNames({ spec, status, metadata }: Definition, others: readonly Definition[]): Accepted {
  const wanted = spec!.names
  const held: Names = status?.acceptedNames ?? { plural: '', kind: '' }
  const rivals = others
    .filter((other) => other.metadata.name !== metadata.name && other.spec?.group === spec!.group)
    .map((other) => other.status?.acceptedNames).filter((names) => names !== undefined)
  const resources = new Set(
    rivals.flatMap(({ plural, singular = '', shortNames = [] }) => [plural, singular, ...shortNames]),
  )
  const kinds = new Set(rivals.flatMap(({ kind, listKind = '' }) => [kind, listKind]))
  const accepted: { -readonly [Key in keyof Names]: Names[Key] } = { ...held }
  let conflict: Accepted['conflict']
  const clash = (reason: string, names: readonly string[]): void => {
    const sentences = names.map((name) => `${quoteGo(name)} is already in use`)
    const message = sentences.length === 1 ? sentences[0]! : `[${sentences.join(', ')}]`
    conflict = { type: 'NamesAccepted', status: 'False', reason, message }
  }
  const claim = (field: 'plural' | 'singular' | 'kind' | 'listKind', taken: ReadonlySet<string>): void => {
    const name = wanted[field] ?? ''
    if (name !== held[field] && taken.has(name)) clash(`${field[0]!.toUpperCase()}${field.slice(1)}Conflict`, [name])
    else accepted[field] = name
  }
  claim('plural', resources)
  claim('singular', resources)
  const clashing = (wanted.shortNames ?? []).filter((name) => !held.shortNames?.includes(name) && resources.has(name))
  if (clashing.length > 0) clash('ShortNamesConflict', clashing)
  else if (wanted.shortNames) accepted.shortNames = wanted.shortNames
  else delete accepted.shortNames
  claim('kind', kinds)
  claim('listKind', kinds)
  if (wanted.categories) accepted.categories = wanted.categories
  else delete accepted.categories
  return { acceptedNames: semanticEqual(accepted, held) ? held : accepted, conflict }
}

/** Once established, a definition stays so. */
function establish(definition: Definition, accepted: boolean): Omit<Condition, 'lastTransitionTime'> | undefined {
  const type = 'Established'
  const { conditions } = definition.status ?? {}
  if (isConditionTrue(conditions, type)) return undefined
  if (!accepted) {
    if (findCondition(conditions, type)) return undefined
    return { type, status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }
  }
  return { type, status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' }
}

const annotation = 'api-approved.kubernetes.io'
const pullRequest = 'https://github.com/kubernetes/enhancements/pull/1111'

/** Groups of the Kubernetes project itself need its approval. */
function approvalOf({ spec, metadata }: Definition): Omit<Condition, 'lastTransitionTime'> | undefined {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(spec?.group ?? '')) return undefined
  const type = 'KubernetesAPIApprovalPolicyConformant'
  const value = metadata.annotations?.[annotation] ?? ''
  const demand = `protected groups must have approval annotation ${quoteGo(annotation)}`
  if (value === '') {
    return { type, status: 'False', reason: 'MissingAnnotation', message: `${demand}, see ${pullRequest}` }
  }
  if (value.startsWith('unapproved')) {
    return { type, status: 'False', reason: 'UnapprovedAnnotation', message: `not approved: ${quoteGo(value)}` }
  }
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(value) && URL.canParse(value)) {
    return { type, status: 'True', reason: 'ApprovedAnnotation', message: `approved in ${value}` }
  }
  const message = `${demand} with either a URL or a reason starting with "unapproved", see ${pullRequest}`
  return { type, status: 'False', reason: 'InvalidAnnotation', message }
}

/** Whether requests for the definition's objects are answered. */
export function isServed({ status }: Definition): boolean {
  return isConditionTrue(status?.conditions, 'Established')
}

/** The definition with its Terminating condition set. */
export function withTerminating(
  definition: Definition, status: 'True' | 'False', reason: string, message: string, now: string,
): Definition {
  const before = definition.status?.conditions as Condition[]
  const conditions = withCondition(before, { type: 'Terminating', status, reason, message }, now)
  return { ...definition, status: { ...definition.status, conditions } } as Definition
}

/** What a DELETE of a definition makes of it: instances are deleted before it goes. */
export function markDefinition(definition: Stored<KubeObject>, now: string): KubeObject {
  const message = 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon'
  const marked = withTerminating(definition as Definition, 'True', 'InstanceDeletionPending', message, now)
  const finalizers = definition.metadata.finalizers ?? []
  return {
    ...marked,
    metadata: {
      ...marked.metadata, deletionTimestamp: now,
      finalizers: finalizers.includes(cleanupFinalizer) ? finalizers : [...finalizers, cleanupFinalizer],
    },
  } as unknown as KubeObject
}
