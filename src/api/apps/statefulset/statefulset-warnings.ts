/** What is allowed in StatefulSets but hardly meant. */
import type { Stored } from '#machinery/meta/object.ts'
import { claimSpecWarnings } from '../../core/persistentvolumeclaim/claim-warnings.ts'
import { ownerWarnings } from '../../core/pod/pod-warnings.ts'
import type { StatefulSet } from '../../gen/apps-v1.ts'

/** Where a claim is differs as upstream differs: of an update there is a `Spec` in it, of a new set there is none. */
export function statefulSetWarnings(object: StatefulSet, old: Stored<StatefulSet> | undefined): string[] {
  const { volumeClaimTemplates = [], revisionHistoryLimit = 0 } = object.spec ?? {}
  return [
    ...ownerWarnings(object, old),
    ...volumeClaimTemplates.flatMap(({ spec }, index) => spec
      ? claimSpecWarnings(spec, `spec.volumeClaimTemplates[${index}]${old ? '.Spec' : ''}`) : []),
    ...(revisionHistoryLimit < 0
      ? ['spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended'] : []),
  ]
}
