/** The scale subresource: the replicas of any kind that has some, as autoscaling/v1 Scale. */
import type { Scale } from '#api/gen/autoscaling-v1.ts'
import { ageColumn, integer, nameColumn } from '#api/printing/columns.ts'
import { badRequest, internalError, invalid } from '#machinery/errors/api-error.ts'
import { invalidValue } from '#machinery/errors/field-errors.ts'
import {
  formatLabelMatcher,
  labelSelectorMatcher,
  labelSetMatcher,
  type LabelSelector,
} from '#machinery/meta/label-selector.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import { defineKind, type AnyKind, type Column } from '#machinery/schema/define-kind.ts'
import type { Projection } from './kinds-of-subresource.ts'
import { scaleOwners } from './scale-owners.ts'

const scaleKind = scaleWith([
  { ...nameColumn<Scale>(), format: '' },
  integer('Desired', 'Number of replicas wanted', ({ spec }) => spec?.replicas ?? 0),
  integer('Available', 'Number of replicas there are', ({ status }) => status?.replicas ?? 0),
  ageColumn(),
])

/** Custom resources print theirs by the paths of the Scale's JSON, where no replicas are wanted is nothing. */
const customScaleKind = scaleWith([
  nameColumn<Scale>(),
  integer('Desired', 'Number of replicas wanted', ({ spec }) => spec?.replicas ?? null),
  integer('Available', 'Number of replicas there are', ({ status }) => status?.replicas ?? 0),
  { ...ageColumn<Scale>(), type: 'date' },
])

function scaleWith(columns: readonly Column<Scale>[]): AnyKind {
  return defineKind<Scale>({
    group: 'autoscaling', kind: 'Scale', plural: 'scales', scope: 'Namespaced',
    versions: [{ version: 'v1', schema: 'io.k8s.api.autoscaling.v1.Scale', served: true, stored: true }],
    columns,
  })
}

export function scaleOf(kind: AnyKind): Projection {
  const { replicas, observed, selector } = kind.subresources!.scale!
  return {
    type: 'projection',
    kind: kind.storedVersion.custom ? customScaleKind : scaleKind,
    owners: scaleOwners(kind, replicas),
    project(object) {
      const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
      const wanted = numberAt(object, replicas)
      const text = selectorText(valueAt(object, selector))
      const scale: Scale = {
        kind: 'Scale', apiVersion: 'autoscaling/v1',
        metadata: { name, ...(namespace !== undefined && { namespace }), uid, resourceVersion, creationTimestamp },
        spec: wanted === 0 ? {} : { replicas: wanted },
        status: { replicas: numberAt(object, observed), ...(text !== '' && { selector: text }) },
      }
      return scale
    },
    refuseRead(object) {
      if (!kind.storedVersion.custom || valueAt(object, replicas) !== undefined) return undefined
      return internalError(`the spec replicas field ".${replicas.replace(/^\./, '')}" does not exist`)
    },
    inject(object, projected, scope) {
      const wanted = (projected as Scale).spec?.replicas ?? 0
      if (!Number.isInteger(wanted)) throw badRequest('spec.replicas must be an integer')
      // The rules of a custom resource say it in their own words.
      if (wanted < 0 && !kind.storedVersion.custom) {
        throw invalid({ group: 'autoscaling', resource: 'Scale' }, scope.name,
          [invalidValue('spec.replicas', wanted, 'must be greater than or equal to 0')])
      }
      setAt(object, replicas, wanted)
    },
  }
}

/** Selectors are objects, bare maps of labels (replication controllers), or texts (custom resources). */
function selectorText(selector: unknown): string {
  if (selector === undefined || selector === null) return ''
  if (typeof selector === 'string') return selector
  const object = selector as LabelSelector & Record<string, unknown>
  if (object.matchLabels === undefined && object.matchExpressions === undefined) {
    return formatLabelMatcher(labelSetMatcher(object as unknown as Record<string, string>))
  }
  return formatLabelMatcher(labelSelectorMatcher(object))
}

function valueAt(object: Stored<KubeObject>, path: string): unknown {
  let value: unknown = object
  for (const key of path.replace(/^\./, '').split('.')) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

function numberAt(object: Stored<KubeObject>, path: string): number {
  const value = valueAt(object, path)
  return typeof value === 'number' ? value : 0
}

function setAt(object: KubeObject, path: string, value: number): void {
  const keys = path.replace(/^\./, '').split('.')
  let target = object as Record<string, unknown>
  for (const key of keys.slice(0, -1)) target = (target[key] ??= {}) as Record<string, unknown>
  target[keys.at(-1)!] = value
}
