/** What an update of a definition may leave as bad as it was (upstream: the options of apiextensions validation.go). */
import { semanticEqual } from '#base/deep-equal.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { isConditionTrue } from '#machinery/meta/conditions.ts'
import type { CustomResourceDefinition } from '../../gen/apiextensions-v1.ts'
import { hoistSpec, schemasOf, someSchema, type Schema, type Spec } from './hoisted-spec.ts'
import { hasMapKeyFaults, isNonAtomicSet } from './schema-lists.validation.ts'
import { knownReviewVersions, maxSelectableFields, propertyTypes, type Strictness } from './strictness.ts'
import { validateStructural, whyNotStructural } from './structural-schema.validation.ts'

type Definition = DeepReadonly<CustomResourceDefinition>

/** `isBadBundle`: the authority of the old webhook cannot be read. */
export function rulesForUpdate(definition: Definition, old: Definition, isBadBundle: boolean): Strictness {
  const before = old.spec ?? ({} as Spec)
  const some = (test: (schema: Schema) => boolean): boolean =>
    schemasOf(before).some((schema) => someSchema(schema, test))
  const reviews = before.conversion?.webhook?.conversionReviewVersions ?? []
  return {
    reviewVersions: reviews.length === 0 || reviews.some((version) => knownReviewVersions.includes(version)),
    schema: (before.versions ?? []).every(({ schema }) => schema?.openAPIV3Schema !== undefined),
    propertyTypes: !some(({ type }) => Boolean(type) && !propertyTypes.includes(type!)),
    structural: !definition.spec?.preserveUnknownFields || !schemasOf(before).some(isNonStructural)
      || schemasOf(definition.spec).some((schema) => someSchema(schema, needsStructure)),
    atomicSets: !some(isNonAtomicSet),
    mapKeys: !some(hasMapKeyFaults),
    caBundle: isConditionTrue(old.status?.conditions, 'Established') && !isBadBundle,
    manySelectableFields: manyFieldsAllowed(definition.spec, before),
    unchangedVersions: new Set((definition.spec?.versions ?? []).filter(({ name, schema }) =>
      before.versions?.some((other) => other.name === name && semanticEqual(other.schema, schema)))
      .map(({ name }) => name)),
  }
}

/** Defaults and extensions mean nothing without it. */
function needsStructure(schema: Schema): boolean {
  return (schema.default !== undefined && schema.default !== null)
    || Object.keys(schema).some((key) => key.startsWith('x-kubernetes-') && key !== 'x-kubernetes-map-type')
}

function isNonStructural(schema: Schema): boolean {
  return whyNotStructural(schema) !== undefined || validateStructural(schema, '').length > 0
}

function manyFieldsAllowed(spec: Spec | undefined, old: Spec): ReadonlySet<string> {
  const [now, before] = [hoistSpec(spec ?? ({} as Spec)), hoistSpec(old)]
  const allowed = new Set<string>()
  const compare = (name: string, own: typeof now.top | undefined, other: typeof now.top | undefined): void => {
    const fields = other?.selectableFields ?? []
    if (fields.length > maxSelectableFields && semanticEqual(own?.selectableFields, fields)) allowed.add(name)
  }
  compare('', now.top, before.top)
  for (const version of now.versions) {
    compare(version.name, version, before.versions.find(({ name }) => name === version.name))
  }
  return allowed
}
