/** Keeps pods to nodes that their volumes can be used from, and chooses volumes for claims that wait for a pod. */
import { definePlugin, fits, ready, skip, unresolvable } from '../plugin.ts'
import type { NodeInfo } from '../snapshot/node-info.ts'
import type { PodInfo } from '../snapshot/pod-info.ts'
import {
  canProvision,
  findVolume,
  isFullyBound,
  reaches,
  waitsForPod,
  type Claim,
  type Volume,
  type VolumeView,
} from '../volumes/volume-view.ts'

const conflict = "node(s) didn't match PersistentVolume's node affinity"
const noVolume = "node(s) didn't find available persistent volumes to bind"
const lostVolume = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'

interface Claims {
  readonly view: VolumeView
  readonly bound: readonly Claim[]
  /** To be bound once the pod's node is known. */
  readonly waiting: readonly Claim[]
}

export const volumeBinding = definePlugin<Claims>({
  name: 'VolumeBinding',
  wakesOn: [
    'node added', 'node labels changed', 'claim changed', 'volume changed', 'storage class changed', 'own pod changed',
  ],

  prepareFilter(pod, { volumes: view }) {
    const names = claimNamesOf(pod)
    if (names.length === 0 || view === undefined) return skip
    const [bound, waiting]: [Claim[], Claim[]] = [[], []]
    for (const { name, isEphemeral } of names) {
      const claim = view.claim(pod.namespace, name)
      if (claim === undefined) {
        const reason = isEphemeral
          ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
          : `persistentvolumeclaim "${name}" not found`
        return { type: 'rejected', reason }
      }
      if (claim.metadata.deletionTimestamp !== undefined) return {
        type: 'rejected', reason: `persistentvolumeclaim "${name}" is being deleted`,
      }
      if (claim.status?.phase === 'Lost') {
        const lost = claim.spec?.volumeName ?? ''
        return {
          type: 'rejected',
          reason: `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${lost}"`,
        }
      }
      if (isFullyBound(claim)) bound.push(claim)
      else if (waitsForPod(claim, view)) waiting.push(claim)
      else return { type: 'rejected', reason: 'pod has unbound immediate PersistentVolumeClaims' }
    }
    return ready({ view, bound, waiting })
  },

  filter(_, node, { view, bound, waiting }) {
    for (const claim of bound) {
      const volume = view.volume(claim.spec?.volumeName ?? '')
      if (volume === undefined) return unresolvable(lostVolume)
      if (!reaches(volume, node)) return unresolvable(conflict)
    }
    return waiting.length === 0 || assign(waiting, node, view) !== undefined ? fits : unresolvable(noVolume)
  },
})

export interface VolumePlan {
  readonly bind: readonly { readonly claim: Claim; readonly volume: Volume }[]
  /** Claims for which the provisioner is to make a volume at the node. */
  readonly provision: readonly Claim[]
}

/** What must be done to the pod's claims before it can be bound to the node; undefined if all are bound. */
export function planVolumes(pod: PodInfo, node: NodeInfo, view: VolumeView | undefined): VolumePlan | undefined {
  const names = claimNamesOf(pod)
  if (names.length === 0 || view === undefined) return undefined
  const claims = names.map(({ name }) => view.claim(pod.namespace, name)).filter((claim) => claim !== undefined)
  const waiting = claims.filter((claim) => !isFullyBound(claim))
  return waiting.length === 0 ? undefined : assign(waiting, node, view)
}

/** A generic ephemeral volume has a claim of its own, named after pod and volume. */
export function claimNamesOf({ pod }: PodInfo): readonly { readonly name: string; readonly isEphemeral: boolean }[] {
  const names: { name: string; isEphemeral: boolean }[] = []
  for (const volume of pod.spec?.volumes ?? []) {
    if (volume.persistentVolumeClaim !== undefined) {
      names.push({ name: volume.persistentVolumeClaim.claimName, isEphemeral: false })
    } else if (volume.ephemeral !== undefined) {
      names.push({ name: `${pod.metadata.name}-${volume.name}`, isEphemeral: true })
    }
  }
  return names
}

/** A volume for each claim, or a place where one can be made; undefined if the node offers neither for one of them. */
function assign(claims: readonly Claim[], node: NodeInfo, view: VolumeView): VolumePlan | undefined {
  const taken = new Set<string>()
  const bind: { claim: Claim; volume: Volume }[] = []
  const provision: Claim[] = []
  for (const claim of claims) {
    const volume = findVolume(claim, node, view, taken)
    if (volume !== undefined) {
      taken.add(volume.metadata.name)
      bind.push({ claim, volume })
    } else if (canProvision(claim, node, view)) provision.push(claim)
    else return undefined
  }
  return { bind, provision }
}
