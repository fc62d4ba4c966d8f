/** Pods with ephemeral volumes get the claims that these are made of; the claims go with their pod. */
import { persistentVolumeClaim } from '#api/core/persistentvolumeclaim/persistentvolumeclaim.ts'
import { isPodFinished } from '#api/core/pod/pod-life.ts'
import { pod } from '#api/core/pod/pod.ts'
import type { PersistentVolumeClaim, Pod } from '#api/gen/core-v1.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { controllerOf, controllerReferenceTo } from '#machinery/meta/owner-references.ts'
import { create, nothing, type Plan } from '../driver/action.ts'
import { defineController } from '../driver/define-controller.ts'

interface State {
  readonly pod: Stored<Pod>
  readonly claimOf: (name: string) => Stored<PersistentVolumeClaim> | undefined
}

export const ephemeralVolumeController = defineController({
  name: 'ephemeral-volume',
  for: pod,
  // A claim that was deleted too early comes back.
  owns: [persistentVolumeClaim],
  observe: (object, cache): State | undefined => {
    const isUsing = object.spec?.volumes?.some(({ ephemeral }) => ephemeral?.volumeClaimTemplate) === true
    if (!isUsing) return undefined
    return { pod: object, claimOf: (name) => cache.of(persistentVolumeClaim).get(name, object.metadata.namespace) }
  },
  reconcile,
})

export function reconcile({ pod: object, claimOf }: State): Plan {
  if (object.metadata.deletionTimestamp || isPodFinished(object)) return nothing
  const claims = (object.spec?.volumes ?? []).flatMap((volume) => {
    const template = volume.ephemeral?.volumeClaimTemplate
    return template ? [claimFor(object, volume.name, template)] : []
  })
  const foreign = claims
    .map(({ metadata }) => claimOf(metadata!.name!))
    .find((claim) => claim && controllerOf(claim)?.uid !== object.metadata.uid)
  return {
    actions: claims
      .filter(({ metadata }) => !claimOf(metadata!.name!))
      .map((claim) => create(persistentVolumeClaim, claim, { ifExists: 'ignore' })),
    ...(foreign && { because: `PVC ${foreign.metadata.name} was not created for this pod` }),
  }
}

type Template = NonNullable<NonNullable<NonNullable<Pod['spec']>['volumes']>[number]['ephemeral']>['volumeClaimTemplate']

function claimFor(
  { metadata }: Stored<Pod>, volumeName: string, template: DeepReadonly<NonNullable<Template>>,
): DeepReadonly<PersistentVolumeClaim> {
  const { labels, annotations } = template.metadata ?? {}
  return {
    apiVersion: 'v1', kind: 'PersistentVolumeClaim',
    metadata: {
      name: `${metadata.name}-${volumeName}`,
      ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ownerReferences: [controllerReferenceTo(pod, { metadata })],
    },
    spec: template.spec,
  }
}
