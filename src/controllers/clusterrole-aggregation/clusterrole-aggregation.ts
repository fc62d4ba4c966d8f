/** ClusterRoles that are the sum of others: `admin`, `edit`, `view`, and whatever has an aggregationRule. */
import type { ClusterRole, PolicyRule } from '#api/gen/rbac-v1.ts'
import { clusterRole } from '#api/rbac/clusterrole/clusterrole.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { nothing, update, type Plan } from '../driver/action.ts'
import { defineController, wakeFrom, type Cache } from '../driver/define-controller.ts'

interface AggregationState {
  readonly role: Stored<ClusterRole>
  /** Those that it selects, by name. */
  readonly parts: readonly Stored<ClusterRole>[]
}

export const clusterRoleAggregationController = defineController({
  name: 'clusterrole-aggregation',
  for: clusterRole,
  watches: [wakeFrom(clusterRole, (part, cache) => cache.of(clusterRole).list()
    .filter((role) => selects(role, part)).map(({ metadata }) => metadata.name))],
  observe: (role, cache: Cache): AggregationState | undefined => role.aggregationRule === undefined ? undefined : {
    role,
    parts: cache.of(clusterRole).list()
      .filter((part) => part.metadata.name !== role.metadata.name && selects(role, part))
      .toSorted((a, b) => a.metadata.name < b.metadata.name ? -1 : 1),
  },
  reconcile,
})

function selects({ aggregationRule }: Stored<ClusterRole>, { metadata }: Stored<ClusterRole>): boolean {
  return (aggregationRule?.clusterRoleSelectors ?? []).some((selector) =>
    labelSelectorMatcher(selector).matches(metadata.labels),
  )
}

export function reconcile({ role, parts }: AggregationState): Plan {
  const rules: DeepReadonly<PolicyRule>[] = []
  for (const rule of parts.flatMap((part) => part.rules ?? [])) {
    if (!rules.some((known) => semanticEqual(known, rule))) rules.push(rule)
  }
  return semanticEqual(role.rules ?? [], rules) ? nothing : { actions: [update(clusterRole, { ...role, rules })] }
}
