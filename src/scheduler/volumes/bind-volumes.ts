/** Carries out a volume plan: promises volumes to claims, asks for new ones, and waits until all claims are bound. */
import { persistentVolume } from '#api/core/persistentvolume/persistentvolume.ts'
import { persistentVolumeClaim } from '#api/core/persistentvolumeclaim/persistentvolumeclaim.ts'
import type { Client } from '#client/client.ts'
import type { Informers } from '#client/informers.ts'
import type { Clock } from '#world/clock.ts'
import type { VolumePlan } from '../plugins/volume-binding.ts'
import { boundByControllerAnnotation, isFullyBound, selectedNodeAnnotation, type Claim } from './volume-view.ts'

/** upstream's bindTimeoutSeconds. */
const bindTimeoutMs = 600_000

export interface VolumeBinder {
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
}

/** Rejects with a sentence when a claim is not bound in time, or when it was sent elsewhere. */
export async function bindVolumes(
  { client, informers, clock }: VolumeBinder, { bind, provision }: VolumePlan, node: string, signal: AbortSignal,
): Promise<void> {
  for (const { claim, volume } of bind) {
    if (volume.spec?.claimRef?.uid === claim.metadata.uid) continue
    const { name, namespace, uid, resourceVersion } = claim.metadata
    await client.of(persistentVolume).patch(
      volume.metadata.name,
      'merge',
      {
        metadata: {
          resourceVersion: volume.metadata.resourceVersion,
          annotations: { [boundByControllerAnnotation]: 'yes' },
        },
        spec: { claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion } },
      },
      { signal },
    )
  }
  for (const claim of provision) {
    if (claim.metadata.annotations?.[selectedNodeAnnotation] === node) continue
    await client.of(persistentVolumeClaim, claim.metadata.namespace).patch(
      claim.metadata.name,
      'merge',
      {
        metadata: { uid: claim.metadata.uid, annotations: { [selectedNodeAnnotation]: node } },
      },
      { signal },
    )
  }
  await allBound([...bind.map(({ claim }) => claim), ...provision], node, informers, clock, signal)
}

function allBound(
  claims: readonly Claim[], node: string, informers: Informers, clock: Clock, signal: AbortSignal,
): Promise<void> {
  const informer = informers.of(persistentVolumeClaim)
  const left = new Map(claims.map((claim) => [claim.metadata.uid, claim]))
  return new Promise((resolve, reject) => {
    let unsubscribe = (): void => {}
    let isSettled = false
    const settle = (outcome: () => void): void => {
      isSettled = true
      timer.cancel()
      signal.removeEventListener('abort', abort)
      unsubscribe()
      outcome()
    }
    const abort = (): void => settle(() => reject(signal.reason))
    const timer = clock.schedule(bindTimeoutMs, () =>
      settle(() => reject(new Error('binding volumes: timed out waiting for the condition'))),
    )
    const look = (claim: Claim): void => {
      if (isSettled || !left.has(claim.metadata.uid)) return
      if (isFullyBound(claim)) left.delete(claim.metadata.uid)
      else if (wasSentElsewhere(claim, left.get(claim.metadata.uid)!, node)) {
        return settle(() => reject(new Error(`binding volumes: provisioning failed for PVC "${claim.metadata.name}"`)))
      }
      if (left.size === 0) settle(resolve)
    }
    signal.addEventListener('abort', abort, { once: true })
    unsubscribe = informer.subscribe({
      onAdd: look,
      onUpdate: (_, claim) => look(claim),
      onDelete: (claim) => {
        if (left.has(claim.metadata.uid)) {
          settle(() => reject(new Error(`binding volumes: pvc "${claim.metadata.name}" was deleted`)))
        }
      },
    })
    // Known claims are told while subscribing, before there was anything to end.
    if (isSettled) unsubscribe()
  })
}

/** A provisioner that cannot make the volume at the node takes the choice back, so that another node is tried. */
function wasSentElsewhere(claim: Claim, before: Claim, node: string): boolean {
  const chosen = claim.metadata.annotations?.[selectedNodeAnnotation]
  const isNewer = Number(claim.metadata.resourceVersion) > Number(before.metadata.resourceVersion)
  return isNewer && chosen !== undefined && chosen !== node
}
