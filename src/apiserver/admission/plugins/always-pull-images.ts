/** Every image is pulled anew, so that only those who may pull it can run it. */
import type { Container, Pod } from '#api/gen/core-v1.ts'
import { notSupported } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts'
import { aggregate } from '../../aggregate.ts'
import { podOf, refuse } from '../refusal.ts'

const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const

export const alwaysPullImages: AdmissionPlugin = {
  name: 'AlwaysPullImages',
  mutate(attributes) {
    const pod = relevantPod(attributes)
    if (!pod?.spec) return
    for (const list of lists) for (const container of pod.spec[list] ?? []) container.imagePullPolicy = 'Always'
    for (const { image } of pod.spec.volumes ?? []) if (image) image.pullPolicy = 'Always'
  },
  validate(attributes) {
    const pod = relevantPod(attributes)
    const faults = lists.flatMap((list) => ((pod?.spec?.[list] ?? []) as readonly Container[]).flatMap(
      ({ imagePullPolicy }, index) => imagePullPolicy === 'Always' ? []
        : [notSupported(`spec.${list}[${index}].imagePullPolicy`, imagePullPolicy ?? '', ['Always'])],
    ))
    if (faults.length > 0) throw refuse(attributes, aggregate(faults.map(({ field, message }) => `${field}: ${message}`)))
  },
}

/** The pod of a request that may bring in an image. */
function relevantPod(attributes: AdmissionAttributes): Pod | undefined {
  const { operation, old } = attributes
  const pod = podOf(attributes)
  if (!pod || (operation !== 'CREATE' && operation !== 'UPDATE')) return undefined
  if (!old) return pod
  const known = imagesOf(old as DeepReadonly<Pod>)
  return [...imagesOf(pod)].every((image) => known.has(image)) ? undefined : pod
}

function imagesOf({ spec }: DeepReadonly<Pod>): ReadonlySet<string> {
  const containers = lists.flatMap((list) => (spec?.[list] ?? []) as readonly DeepReadonly<Container>[])
  return new Set([
    ...containers.map(({ image = '' }) => image),
    ...(spec?.volumes ?? []).flatMap(({ image }) => image?.reference ?? []),
  ])
}
