/** All resources that the cluster serves: the built-in kinds, and those of custom resource definitions. */
import type { CustomResourceDefinition } from '#api/gen/apiextensions-v1.ts'
import { kinds } from '#api/kinds.ts'
import { resourceNameOf, type ResourceName } from '#client/client.ts'
import { isConditionTrue } from '#machinery/meta/conditions.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import type { Verb } from '#machinery/schema/define-kind.ts'

export interface ServedResource {
  readonly name: ResourceName
  readonly kind: string
  readonly namespaced: boolean
}

/** Built-in resources that have all these verbs. */
export function builtInResources(verbs: readonly Verb[]): readonly ServedResource[] {
  return kinds.filter((kind) => verbs.every((verb) => kind.verbs.includes(verb)))
    .map((kind) => ({ name: resourceNameOf(kind), kind: kind.kind, namespaced: kind.namespaced }))
}

/** The resource of a definition, once it is served; it has all verbs. */
export function customResource({ spec, status }: Stored<CustomResourceDefinition>): ServedResource | undefined {
  const version = spec?.versions?.find(({ served }) => served)?.name
  if (!isConditionTrue(status?.conditions, 'Established') || !spec || version === undefined) return undefined
  return {
    name: { group: spec.group, version, resource: spec.names.plural },
    kind: spec.names.kind,
    namespaced: spec.scope === 'Namespaced',
  }
}

export function customResources(definitions: readonly Stored<CustomResourceDefinition>[]): readonly ServedResource[] {
  return definitions.map(customResource).filter((resource) => resource !== undefined)
}

export function resourceKey({ group, resource }: DeepReadonly<ResourceName>): string {
  return `${resource}.${group}`
}
